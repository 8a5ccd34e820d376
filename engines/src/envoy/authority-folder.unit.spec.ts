import { X509Certificate } from "node:crypto";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { createAuthority, makeAuthorityKeys } from "./authority.ts";
import { openAuthority } from "./authority-folder.ts";
import { writeCredentials } from "./credentials.ts";

const trustDomain = "cluster.local";
const order = { namespace: "shop", serviceAccount: "order" };
const modeOf = async (file: string) => (await stat(file)).mode & 0o777;

test("the authority of a folder is made once and kept, for its owner's eyes only", async () => {
  const folder = join(await temporaryFolder(), "identity");
  const made = await openAuthority(folder, { trustDomain });
  expect(await modeOf(join(folder, "authority.pem"))).toBe(0o600);
  const kept = await openAuthority(folder, { trustDomain });
  expect(kept.caPem).toBe(made.caPem);
  const root = new X509Certificate(made.caPem);
  expect(new X509Certificate((await kept.issue(order)).certificatePem).verify(root.publicKey)).toBe(true);
});

test("an authority that ends within 30 days is replaced, one that ends later is not", async () => {
  const folder = await temporaryFolder();
  const { caPem } = await openAuthority(folder, { trustDomain });
  const end = new Date(new X509Certificate(caPem).validTo).getTime();
  const at = (daysLeft: number) => ({ trustDomain, now: () => new Date(end - daysLeft * 86_400_000) });
  expect((await openAuthority(folder, at(31))).caPem).toBe(caPem);
  const replaced = await openAuthority(folder, at(29));
  expect(replaced.caPem).not.toBe(caPem);
  expect((await openAuthority(folder, at(29))).caPem).toBe(replaced.caPem);
});

test("another trust domain is refused, with both names and the way out", async () => {
  const folder = await temporaryFolder();
  await openAuthority(folder, { trustDomain });
  const refusal = openAuthority(folder, { trustDomain: "other.local" });
  await expect(refusal).rejects.toMatchObject({ name: "EngineError", code: "AUTHORITY_CHANGED" });
  await expect(refusal).rejects.toThrow(
    /trust domain "cluster\.local", and "other\.local" is asked for.*remove the file/,
  );
});

test.each([
  ["nothing", async () => "", "it has no CERTIFICATE"],
  ["no key", async () => (await makeAuthorityKeys({ trustDomain })).certificatePem, "it has no PRIVATE KEY"],
  [
    "another's key",
    async () => {
      const [one, other] = [await makeAuthorityKeys({ trustDomain }), await makeAuthorityKeys({ trustDomain })];
      return one.certificatePem + other.privateKeyPem;
    },
    "not that of the certificate",
  ],
  [
    "a workload's certificate",
    async () => {
      const { certificatePem, privateKeyPem } = await (await createAuthority({ trustDomain })).issue(order);
      return certificatePem + privateKeyPem;
    },
    "not of a SPIFFE authority",
  ],
])("a file with %s is not taken for a new folder", async (_what, content, reason) => {
  const folder = await temporaryFolder();
  const file = join(folder, "authority.pem");
  const text = await content();
  await writeFile(file, text);
  const refusal = openAuthority(folder, { trustDomain });
  await expect(refusal).rejects.toMatchObject({ code: "AUTHORITY_UNREADABLE" });
  await expect(refusal).rejects.toThrow(reason);
  expect(await readFile(file, "utf8")).toBe(text);
});

test("written credentials are replaced as a whole, and only the owner may read the key", async () => {
  const folder = join(await temporaryFolder(), "order");
  const authority = await createAuthority({ trustDomain });
  await writeCredentials(folder, await authority.issue(order), authority);
  const renewed = await authority.issue(order);
  const files = await writeCredentials(folder, renewed, authority);
  expect(await readFile(files.certificateFile, "utf8")).toBe(renewed.certificatePem);
  expect(await readFile(files.privateKeyFile, "utf8")).toBe(renewed.privateKeyPem);
  expect(await readFile(files.caFile, "utf8")).toBe(authority.caPem);
  expect(await modeOf(files.privateKeyFile)).toBe(0o600);
  expect(await readdir(folder)).toEqual(["cert-chain.pem", "key.pem", "root-cert.pem"]);
});
