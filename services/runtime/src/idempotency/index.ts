export { pruneIdempotencyKeys } from "./prune-keys.ts";
export { type Remembered, type ResponseToRemember, rememberResponses } from "./remember-responses.ts";
export { requestHash } from "./request-hash.ts";
export { type IdempotentRequest, type OnceResult, runOnce } from "./run-once.ts";
export { keyReused, type StoredResponse } from "./stored-response.ts";
