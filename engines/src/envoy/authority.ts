import "reflect-metadata"; // What @peculiar/x509 needs to be loaded before it.
import { createPrivateKey, webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { checkTrustDomain, spiffeIdOf, type Workload } from "./spiffe-id.ts";

const HOUR_MS = 3_600_000;
/** As Istio's own: a leaf lives for a day, a root for ten years, and clocks may differ by two minutes. */
const LEAF_LIFETIME_MS = 24 * HOUR_MS;
const ROOT_LIFETIME_MS = 3_650 * 24 * HOUR_MS;
const CLOCK_SKEW_MS = 120_000;

const EC_P256 = { name: "ECDSA", namedCurve: "P-256" } as const;
const ECDSA_SHA256 = { name: "ECDSA", hash: "SHA-256" } as const;
const RSA_SHA256 = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" } as const;

export type IssueOptions = Workload & {
  /** Default: 24 hours. A certificate never outlives its authority. */
  readonly lifetimeMs?: number;
};

/** What a workload shows who it is with. */
export interface Credentials {
  readonly spiffeId: string;
  readonly certificatePem: string;
  /** PKCS #8 */
  readonly privateKeyPem: string;
  readonly notAfter: Date;
}

/** Issues X.509-SVIDs: https://github.com/spiffe/spiffe/blob/main/standards/X509-SVID.md */
export interface Authority {
  readonly trustDomain: string;
  /** What those trust who accept its certificates. */
  readonly caPem: string;
  /** @throws EngineError SPIFFE_ID_INVALID; RangeError for a lifetime that is not positive */
  issue(options: IssueOptions): Promise<Credentials>;
}

export interface AuthorityOptions {
  /** "cluster.local" */
  readonly trustDomain: string;
  /** Default: the clock of the machine. */
  readonly now?: () => Date;
}

/** Its certificate and its key: who has them can issue. */
export interface AuthorityKeys {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/**
 * Makes an authority that lives in memory: with it, all that it issued is gone.
 * @throws EngineError SPIFFE_ID_INVALID
 */
export async function createAuthority(options: AuthorityOptions): Promise<Authority> {
  return loadAuthority(options, await makeAuthorityKeys(options));
}

/** @throws EngineError SPIFFE_ID_INVALID */
export async function makeAuthorityKeys({
  trustDomain,
  now = () => new Date(),
}: AuthorityOptions): Promise<AuthorityKeys> {
  checkTrustDomain(trustDomain);
  const keys = await makeKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [`Authority of ${trustDomain}`] }, { O: [trustDomain] }],
    ...validity(now(), ROOT_LIFETIME_MS),
    keys,
    signingAlgorithm: ECDSA_SHA256,
    extensions: [
      // It signs workloads and no further authority.
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      new x509.SubjectAlternativeNameExtension([{ type: "url", value: `spiffe://${trustDomain}` }]),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificatePem: pemOf(certificate), privateKeyPem: await privatePemOf(keys.privateKey) };
}

/**
 * An authority that was made elsewhere, such as istiod's own: its key is of the curve P-256, or RSA.
 * @throws EngineError SPIFFE_ID_INVALID
 */
export async function loadAuthority(
  { trustDomain, now = () => new Date() }: AuthorityOptions,
  { certificatePem, privateKeyPem }: AuthorityKeys,
): Promise<Authority> {
  const root = new x509.X509Certificate(certificatePem);
  const key = createPrivateKey(privateKeyPem);
  const isRsa = key.asymmetricKeyType === "rsa";
  const pkcs8 = key.export({ format: "der", type: "pkcs8" });
  const signingKey = await webcrypto.subtle.importKey("pkcs8", pkcs8, isRsa ? RSA_SHA256 : EC_P256, false, ["sign"]);
  return {
    trustDomain,
    caPem: certificatePem,
    issue: async ({ lifetimeMs = LEAF_LIFETIME_MS, ...workload }) => {
      if (!(lifetimeMs > 0)) throw new RangeError(`lifetimeMs is ${lifetimeMs}; it must be above 0`);
      const spiffeId = spiffeIdOf(trustDomain, workload);
      const { publicKey, privateKey } = await makeKeys();
      const { notBefore, notAfter } = validity(now(), lifetimeMs, root.notAfter);
      const certificate = await x509.X509CertificateGenerator.create({
        issuer: root.subjectName,
        notBefore,
        notAfter,
        publicKey,
        signingKey,
        signingAlgorithm: isRsa ? RSA_SHA256 : ECDSA_SHA256,
        extensions: [
          new x509.BasicConstraintsExtension(false, undefined, true),
          new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
          new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
          // Critical, for there is no subject: RFC 5280, section 4.2.1.6.
          new x509.SubjectAlternativeNameExtension([{ type: "url", value: spiffeId }], true),
          await x509.SubjectKeyIdentifierExtension.create(publicKey),
          await authorityKeyIdentifier(root),
        ],
      });
      return { spiffeId, certificatePem: pemOf(certificate), privateKeyPem: await privatePemOf(privateKey), notAfter };
    },
  };
}

/** The number that the root gives its own key; authorities compute it in different ways. */
async function authorityKeyIdentifier(root: x509.X509Certificate): Promise<x509.AuthorityKeyIdentifierExtension> {
  const own = root.getExtension(x509.SubjectKeyIdentifierExtension);
  if (own === null) return x509.AuthorityKeyIdentifierExtension.create(root.publicKey);
  return new x509.AuthorityKeyIdentifierExtension(own.keyId);
}

/** X.509 counts in whole seconds. */
function validity(from: Date, lifetimeMs: number, latest?: Date): { notBefore: Date; notAfter: Date } {
  const seconds = (ms: number) => new Date(Math.floor(ms / 1000) * 1000);
  const end = from.getTime() + lifetimeMs;
  return {
    notBefore: seconds(from.getTime() - CLOCK_SKEW_MS),
    notAfter: seconds(Math.min(end, latest?.getTime() ?? end)),
  };
}

async function makeKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(EC_P256, true, ["sign", "verify"]);
}

const pemOf = (certificate: x509.X509Certificate) => `${certificate.toString("pem")}\n`;

async function privatePemOf(key: webcrypto.CryptoKey): Promise<string> {
  return `${x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY")}\n`;
}
