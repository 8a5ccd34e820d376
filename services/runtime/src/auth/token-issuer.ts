import {
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JSONWebKeySet,
  type JWK,
  SignJWT,
} from "jose";

/** A new Ed25519 key: the private half for an issuer, the public half as the key set that verifiers read. */
export interface SigningKey {
  privateJwk: JWK;
  publicKeySet: JSONWebKeySet;
}

/** What a token says. `scope` is a space-separated list. */
export interface TokenClaims {
  sub: string;
  scope: string;
  iss: string;
  aud: string;
}

/** Creates a signing key for a development issuer. Keep the private half in a file of mode 0600. */
export async function createSigningKey(): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair("Ed25519", { extractable: true });
  const publicJwk = await exportJWK(publicKey);
  const common = { alg: "EdDSA", use: "sig", kid: await calculateJwkThumbprint(publicJwk) };
  return {
    privateJwk: { ...(await exportJWK(privateKey)), ...common },
    publicKeySet: { keys: [{ ...publicJwk, ...common }] },
  };
}

/**
 * Signs a token that expires after `expiresIn`: seconds, or a span such as "12h".
 */
export async function issueToken(privateJwk: JWK, claims: TokenClaims, expiresIn: number | string): Promise<string> {
  const expiry = typeof expiresIn === "number" ? `${expiresIn}s` : expiresIn;
  const header = { alg: "EdDSA", typ: "JWT", ...(privateJwk.kid ? { kid: privateJwk.kid } : {}) };
  return new SignJWT({ scope: claims.scope })
    .setProtectedHeader(header)
    .setSubject(claims.sub)
    .setIssuer(claims.iss)
    .setAudience(claims.aud)
    .setIssuedAt()
    .setExpirationTime(expiry)
    .sign(await importJWK(privateJwk, "EdDSA"));
}
