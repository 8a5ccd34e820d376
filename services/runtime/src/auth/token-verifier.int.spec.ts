import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { importJWK, SignJWT } from "jose";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { createSigningKey, createTokenVerifier, issueToken, type SigningKey } from "./index.ts";

const identity = { iss: "https://issuer.test", aud: "ordermesh" };
const claims = { sub: "ada", scope: "orders.read orders.write", ...identity };
let directory: string;
let jwksFile: string;
let key: SigningKey;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "ordermesh-auth-"));
  jwksFile = join(directory, "jwks.json");
  key = await createSigningKey();
  await writeFile(jwksFile, JSON.stringify(key.publicKeySet));
});
afterEach(() => {
  vi.useRealTimers();
});
afterAll(() => rm(directory, { recursive: true }));

const verifier = (cacheSize?: number) =>
  createTokenVerifier({
    jwksFile,
    issuer: identity.iss,
    audience: identity.aud,
    ...(cacheSize === undefined ? {} : { cacheSize }),
  });

test("a good token names its caller and scopes", async () => {
  const caller = await verifier().verify(await issueToken(key.privateJwk, claims, "10m"));
  expect(caller).toEqual({ subject: "ada", scopes: new Set(["orders.read", "orders.write"]), operator: false });
});

test("customers.all makes an operator", async () => {
  const token = await issueToken(key.privateJwk, { ...claims, scope: "customers.all" }, 60);
  expect((await verifier().verify(token)).operator).toBe(true);
});

test("a verified token is remembered until it expires, and the oldest are forgotten first", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  const { verify, cached } = verifier(2);
  const token = await issueToken(key.privateJwk, claims, 60);
  expect(cached(token)).toBeUndefined();
  const [first, second] = await Promise.all([verify(token), verify(token)]);
  expect(first).toBe(second);
  expect(cached(token)).toBe(first);
  vi.advanceTimersByTime(61_000);
  expect(cached(token)).toBeUndefined();

  const tokens = await Promise.all(["a", "b", "c"].map((sub) => issueToken(key.privateJwk, { ...claims, sub }, 60)));
  for (const each of tokens) await verify(each);
  expect(tokens.map((each) => cached(each)?.subject)).toEqual([undefined, "b", "c"]);
});

test("an expired token is refused", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  const token = await issueToken(key.privateJwk, claims, 60);
  vi.advanceTimersByTime(70_000);
  await expect(verifier().verify(token)).rejects.toMatchObject({ code: "UNAUTHENTICATED", message: /expired/ });
});

test.each([
  ["another issuer", { ...claims, iss: "https://else.test" }, /claim iss/],
  ["another audience", { ...claims, aud: "else" }, /claim aud/],
  ["no subject", { ...claims, sub: "" }, /subject is empty/],
  ["a subject of 129 characters", { ...claims, sub: "x".repeat(129) }, /too long/],
])("%s is refused", async (_title, claimed, message) => {
  const token = await issueToken(key.privateJwk, claimed, 60);
  await expect(verifier().verify(token)).rejects.toMatchObject({ code: "UNAUTHENTICATED", message });
});

test("other algorithms are refused, whatever the token says", async () => {
  const now = Math.floor(Date.now() / 1000);
  const payload = { ...claims, exp: now + 60 };
  const hmac = await new SignJWT(payload)
    .setProtectedHeader({ alg: "HS256", ...(key.privateJwk.kid ? { kid: key.privateJwk.kid } : {}) })
    .sign(new TextEncoder().encode(JSON.stringify(key.publicKeySet.keys[0])));
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");
  const none = `${encode({ alg: "none" })}.${encode(payload)}.`;
  for (const token of [hmac, none]) {
    await expect(verifier().verify(token)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  }
});

test("a token without expiry, one that was changed, and nonsense are refused", async () => {
  const eternal = await new SignJWT(claims)
    .setProtectedHeader({ alg: "EdDSA", ...(key.privateJwk.kid ? { kid: key.privateJwk.kid } : {}) })
    .sign(await importJWK(key.privateJwk, "EdDSA"));
  const good = await issueToken(key.privateJwk, claims, 60);
  const [header, , signature] = good.split(".");
  const changed = Buffer.from(JSON.stringify({ ...claims, sub: "eve", exp: 9e9 })).toString("base64url");
  for (const token of [eternal, `${header}.${changed}.${signature}`, "", "a.b.c", "x".repeat(9000)]) {
    await expect(verifier().verify(token)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  }
});

test("a key that was added to the file is found without a restart", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  const { verify } = verifier();
  await verify(await issueToken(key.privateJwk, claims, 60));
  const added = await createSigningKey();
  const token = await issueToken(added.privateJwk, claims, 60);
  await expect(verify(token)).rejects.toMatchObject({ message: /unknown key/ });
  await writeFile(jwksFile, JSON.stringify({ keys: [...key.publicKeySet.keys, ...added.publicKeySet.keys] }));
  vi.advanceTimersByTime(2000);
  expect((await verify(token)).subject).toBe("ada");
});

test("a key file that cannot be read is a fault of the server, and is tried again", async () => {
  const missing = join(directory, "later.json");
  const { verify } = createTokenVerifier({ jwksFile: missing, issuer: identity.iss, audience: identity.aud });
  const token = await issueToken(key.privateJwk, claims, 60);
  await expect(verify(token)).rejects.toMatchObject({ code: "ENOENT" });
  await writeFile(missing, JSON.stringify(key.publicKeySet));
  expect((await verify(token)).subject).toBe("ada");
});
