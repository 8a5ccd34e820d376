import { createPrivateKey, sign, verify, X509Certificate } from "node:crypto";
import { expect, test } from "vitest";
import { createAuthority } from "./authority.ts";

const NOON = new Date("2026-05-04T12:00:00.500Z");
const trustDomain = "cluster.local";
const order = { namespace: "shop", serviceAccount: "order" };
const SERVER_AND_CLIENT = ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"];

async function setUp() {
  const authority = await createAuthority({ trustDomain, now: () => NOON });
  return { authority, root: new X509Certificate(authority.caPem) };
}

test("the authority signs itself, may sign workloads, and lasts ten years", async () => {
  const { root } = await setUp();
  expect(root.ca).toBe(true);
  expect(root.verify(root.publicKey)).toBe(true);
  expect(root.subjectAltName).toBe("URI:spiffe://cluster.local");
  expect(new Date(root.validTo).getTime() - NOON.getTime()).toBeCloseTo(3_650 * 86_400_000, -4);
});

test("a certificate has the workload's SPIFFE ID and nothing else to be known by, and is signed by the authority", async () => {
  const { authority, root } = await setUp();
  const issued = await authority.issue(order);
  const certificate = new X509Certificate(issued.certificatePem);
  expect(issued.spiffeId).toBe("spiffe://cluster.local/ns/shop/sa/order");
  expect(certificate.subjectAltName).toBe(`URI:${issued.spiffeId}`);
  expect(certificate.subject).toBeFalsy();
  expect(certificate.ca).toBe(false);
  expect(certificate.keyUsage).toEqual(SERVER_AND_CLIENT);
  expect(certificate.checkIssued(root)).toBe(true);
  expect(certificate.verify(root.publicKey)).toBe(true);
});

test("the key is of P-256 and belongs to the certificate", async () => {
  const { authority } = await setUp();
  const { certificatePem, privateKeyPem } = await authority.issue(order);
  const certificate = new X509Certificate(certificatePem);
  const key = createPrivateKey(privateKeyPem);
  expect(certificate.publicKey.asymmetricKeyDetails?.namedCurve).toBe("prime256v1");
  expect(certificate.checkPrivateKey(key)).toBe(true);
  const signed = sign("sha256", Buffer.from("proof"), key);
  expect(verify("sha256", Buffer.from("proof"), certificate.publicKey, signed)).toBe(true);
});

test("what is critical is marked so: the SPIFFE ID, for there is no subject, key usage, and that it is no authority", async () => {
  const { authority } = await setUp();
  const { raw } = new X509Certificate((await authority.issue(order)).certificatePem);
  // An extension in DER: its object identifier, then TRUE where it is critical, then its value.
  const extension = (oid: string, value: string) => Buffer.from(`${oid}0101ff04${value}`, "hex");
  const digitalSignatureOnly = extension("0603551d0f", "0403020780");
  expect(raw.includes(digitalSignatureOnly)).toBe(true);
  expect(raw.includes(extension("0603551d13", "023000"))).toBe(true);
  expect(raw.includes(extension("0603551d11", ""))).toBe(true);
});

test("a certificate lasts a day unless told otherwise, and is valid for a clock that is two minutes behind", async () => {
  const { authority } = await setUp();
  const day = await authority.issue(order);
  expect(day.notAfter.toISOString()).toBe("2026-05-05T12:00:00.000Z");
  const certificate = new X509Certificate(day.certificatePem);
  expect(new Date(certificate.validTo)).toEqual(day.notAfter);
  expect(new Date(certificate.validFrom).toISOString()).toBe("2026-05-04T11:58:00.000Z");
  const hour = await authority.issue({ ...order, lifetimeMs: 3_600_000 });
  expect(hour.notAfter.toISOString()).toBe("2026-05-04T13:00:00.000Z");
});

test("no certificate outlives its authority, and none is made that is never valid", async () => {
  const { authority, root } = await setUp();
  const { notAfter } = await authority.issue({ ...order, lifetimeMs: 20 * 365 * 86_400_000 });
  expect(notAfter).toEqual(new Date(root.validTo));
  await expect(authority.issue({ ...order, lifetimeMs: 0 })).rejects.toThrow("lifetimeMs is 0");
  await expect(authority.issue({ ...order, lifetimeMs: Number.NaN })).rejects.toThrow(RangeError);
});

test("two certificates of one workload share neither number nor key", async () => {
  const { authority } = await setUp();
  const [one, other] = await Promise.all([authority.issue(order), authority.issue(order)]);
  expect(one.privateKeyPem).not.toBe(other.privateKeyPem);
  const numbers = [one, other].map(({ certificatePem }) => new X509Certificate(certificatePem).serialNumber);
  expect(new Set(numbers).size).toBe(2);
});

test("an authority of the same name is another authority", async () => {
  const { authority } = await setUp();
  const foreign = new X509Certificate((await createAuthority({ trustDomain })).caPem);
  const certificate = new X509Certificate((await authority.issue(order)).certificatePem);
  expect(certificate.verify(foreign.publicKey)).toBe(false);
});

test("identities of other trust domains are not issued", async () => {
  const { authority } = await setUp();
  const refusal = authority.issue({ spiffeId: "spiffe://elsewhere/ns/shop/sa/order" });
  await expect(refusal).rejects.toMatchObject({ name: "EngineError", code: "SPIFFE_ID_INVALID" });
});
