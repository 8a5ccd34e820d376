import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSigningKey, issueToken } from "../auth/index.ts";

export interface TestIdentity {
  /** Path of the key set that a verifier reads. */
  readonly jwksFile: string;
  readonly issuer: string;
  readonly audience: string;
  /** A signed token of that caller, for five minutes unless said otherwise. */
  token(subject: string, scopes: readonly string[], expiresIn?: number | string): Promise<string>;
  remove(): Promise<void>;
}

/** An issuer of its own for a spec, with its key set in a temporary file. */
export async function createTestIdentity(): Promise<TestIdentity> {
  const folder = await mkdtemp(join(tmpdir(), "ordermesh-identity-"));
  const jwksFile = join(folder, "jwks.json");
  const key = await createSigningKey();
  await writeFile(jwksFile, JSON.stringify(key.publicKeySet));
  const issuer = "test-issuer";
  const audience = "test-audience";
  return {
    jwksFile,
    issuer,
    audience,
    token: (subject, scopes, expiresIn = 300) =>
      issueToken(key.privateJwk, { sub: subject, scope: scopes.join(" "), iss: issuer, aud: audience }, expiresIn),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
