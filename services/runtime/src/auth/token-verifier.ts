import { readFile } from "node:fs/promises";
import { createLocalJWKSet, type JSONWebKeySet, type JWTPayload, errors as joseErrors, jwtVerify } from "jose";
import { DomainError, errors } from "../errors/index.ts";
import { type Caller, createCaller } from "./caller.ts";

/** Verifies bearer tokens. */
export interface TokenVerifier {
  /** The caller that a token names. Rejects with UNAUTHENTICATED when the token is not good. */
  verify(token: string): Promise<Caller>;
  /** The caller of a token that was verified before and has not expired. Costs one map look-up. */
  cached(token: string): Caller | undefined;
}

export interface TokenVerifierOptions {
  /** Path of a JSON Web Key Set. It is read at the first token, and again when a token names a key that it lacks. */
  jwksFile: string;
  issuer: string;
  audience: string;
  /** How many verified tokens are remembered. Default 10,000. */
  cacheSize?: number;
}

type KeySet = ReturnType<typeof createLocalJWKSet>;

/** EdDSA alone: the algorithm is ours to choose, never the token's. */
const algorithms = ["EdDSA"];
const rereadMs = 1000;
const maxTokenLength = 8192;

/** Creates a verifier of EdDSA-signed JWTs. A token is verified once and then remembered until it expires. */
export function createTokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  const { jwksFile, issuer, audience, cacheSize = 10_000 } = options;
  const remembered = new Map<string, { caller: Caller; expiresMs: number }>();
  const underWay = new Map<string, Promise<Caller>>();
  let keys: Promise<KeySet> | undefined;
  let readMs = 0;

  const loadKeys = (): Promise<KeySet> => {
    readMs = Date.now();
    const loading = readKeys(jwksFile);
    loading.catch(() => {
      // The caller gets the failure; the next token tries again.
      if (keys === loading) keys = undefined;
    });
    keys = loading;
    return loading;
  };

  const payloadOf = async (token: string): Promise<JWTPayload> => {
    const verifyOptions = { issuer, audience, algorithms, requiredClaims: ["sub", "exp"], clockTolerance: 5 };
    try {
      return (await jwtVerify(token, await (keys ?? loadKeys()), verifyOptions)).payload;
    } catch (error) {
      const rotated = error instanceof joseErrors.JWKSNoMatchingKey && Date.now() - readMs > rereadMs;
      if (!rotated) throw error;
      return (await jwtVerify(token, await loadKeys(), verifyOptions)).payload;
    }
  };

  const verifyAfresh = async (token: string): Promise<Caller> => {
    try {
      const { sub = "", scope, exp = 0 } = await payloadOf(token);
      if (sub.length === 0 || sub.length > 128) throw unauthenticated("its subject is empty or too long");
      const caller = createCaller(sub, typeof scope === "string" ? scope : "");
      remember(token, caller, exp * 1000);
      return caller;
    } catch (error) {
      if (error instanceof joseErrors.JOSEError) throw unauthenticated(reasonOf(error), error);
      throw error;
    } finally {
      underWay.delete(token);
    }
  };

  const remember = (token: string, caller: Caller, expiresMs: number): void => {
    if (remembered.size >= cacheSize) {
      const oldest = remembered.keys().next();
      if (!oldest.done) remembered.delete(oldest.value);
    }
    remembered.set(token, { caller, expiresMs });
  };

  const cached = (token: string): Caller | undefined => {
    const entry = remembered.get(token);
    if (entry === undefined) return undefined;
    if (entry.expiresMs > Date.now()) return entry.caller;
    remembered.delete(token);
    return undefined;
  };

  const verify = (token: string): Promise<Caller> => {
    const known = cached(token);
    if (known) return Promise.resolve(known);
    if (token.length > maxTokenLength) return Promise.reject(unauthenticated("it is too long"));
    let verifying = underWay.get(token);
    if (!verifying) {
      verifying = verifyAfresh(token);
      underWay.set(token, verifying);
    }
    return verifying;
  };

  return { cached, verify };
}

async function readKeys(file: string): Promise<KeySet> {
  return createLocalJWKSet(JSON.parse(await readFile(file, "utf8")) as JSONWebKeySet);
}

function unauthenticated(reason: string, cause?: unknown): DomainError {
  return new DomainError(errors.UNAUTHENTICATED, `the bearer token is not accepted: ${reason}`, { cause });
}

function reasonOf(error: joseErrors.JOSEError): string {
  if (error instanceof joseErrors.JWTExpired) return "it has expired";
  if (error instanceof joseErrors.JWTClaimValidationFailed) return `its claim ${error.claim} is missing or wrong`;
  if (error instanceof joseErrors.JWKSNoMatchingKey) return "it is signed with an unknown key";
  if (error instanceof joseErrors.JOSEAlgNotAllowed) return "it is not signed with EdDSA";
  if (error instanceof joseErrors.JWSSignatureVerificationFailed) return "its signature is wrong";
  return "it is not a signed JSON Web Token";
}
