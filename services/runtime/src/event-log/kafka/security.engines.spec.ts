import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { freshNames, readAll, record, textOf } from "../contract/harness.ts";
import { openEventLog } from "../open.ts";
import { createCapturedLogger } from "./testing/captured-logger.ts";
import { makeCertificates } from "./testing/certificates.ts";
import { startTestCluster, type TestCluster } from "./testing/test-cluster.ts";

const password = "correct-horse-battery";
const wrongPassword = "wrong-staple-guess";
let folder: string;
let cluster: TestCluster;
let caFile: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ordermesh-tls-"));
  const certificates = await makeCertificates(folder);
  caFile = certificates.caFile;
  await writeFile(join(folder, "right"), `${password}\n`, { mode: 0o600 });
  await writeFile(join(folder, "wrong"), wrongPassword, { mode: 0o600 });
  cluster = await startTestCluster({ users: { admin: password }, tlsKeystoreFile: certificates.keystoreFile });
});
afterAll(async () => {
  await cluster?.remove();
  await rm(folder, { recursive: true, force: true });
});

const scram = (passwordFile: string, username = "admin") => ({
  sasl: "scram-sha-512",
  username,
  passwordFile: join(folder, passwordFile),
});

async function open(parameters: Record<string, string>) {
  const { logger, lines } = createCapturedLogger();
  const url = `kafka://${cluster.addresses.join(",")}?${new URLSearchParams(parameters)}`;
  const log = await openEventLog({ url, clientId: "security-spec", logger });
  onTestFinished(() => log.close());
  /** Lines about the cluster's health: what a person sees first. */
  const complaints = () => lines.filter((line) => line.includes("the cluster is not healthy")).join("\n");
  return { log, lines, complaints };
}

test("with the authority and the right password everything works, and no line holds the password", async () => {
  const { log, lines } = await open({ tls: "true", ca: caFile, ...scram("right") });
  const { topic, group } = freshNames();
  expect(await log.healthy()).toBe(true);
  await log.append([record(topic, "key", "secret matter")]);
  expect((await readAll(log, topic)).map(textOf)).toEqual(["secret matter"]);
  const handled = Promise.withResolvers<string[]>();
  await log.subscribe({
    group,
    topics: [topic],
    maxRecords: 10,
    handle: async ({ records }) => handled.resolve(records.map(textOf)),
  });
  expect(await handled.promise).toEqual(["secret matter"]);
  expect(lines.join("")).not.toContain(password);
});

test("without the authority the brokers are not trusted", async () => {
  const { log, complaints } = await open({ tls: "true", ...scram("right") });
  expect(await log.healthy()).toBe(false);
  expect(complaints()).toMatch(/self-signed certificate/);
  await expect(log.append([record("topic", "key", "text")])).rejects.toThrow();
});

test("without TLS nothing is sent to brokers that ask for it", async () => {
  const { log } = await open({ ...scram("right") });
  expect(await log.healthy()).toBe(false);
});

test.each([
  { what: "a wrong password", parameters: () => scram("wrong") },
  { what: "an unknown user", parameters: () => scram("right", "nobody") },
])("$what is refused, said in the log, and not itself logged", async ({ parameters }) => {
  const { log, lines, complaints } = await open({ tls: "true", ca: caFile, ...parameters() });
  expect(await log.healthy()).toBe(false);
  expect(complaints()).toMatch(/invalid credentials/);
  await expect(log.append([record("topic", "key", "text")])).rejects.toThrow(/authentication/i);
  const written = lines.join("");
  expect(written).not.toContain(wrongPassword);
  expect(written).not.toContain(password);
});

test("a password file that is missing is named when the log is opened", async () => {
  await expect(open({ tls: "true", ca: caFile, ...scram("absent") })).rejects.toThrow(join(folder, "absent"));
});
