export { type Caller, createCaller, operatorScope } from "./caller.ts";
export { maySee } from "./ownership.ts";
export { createSigningKey, issueToken, type SigningKey, type TokenClaims } from "./token-issuer.ts";
export { createTokenVerifier, type TokenVerifier, type TokenVerifierOptions } from "./token-verifier.ts";
