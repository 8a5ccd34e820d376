import { DomainError, errors } from "../errors/index.ts";

/** An answer as it was remembered: of which request, and its binary form. */
export interface StoredResponse {
  readonly method: string;
  readonly requestHash: Uint8Array;
  readonly response: Uint8Array;
}

/** Whether a remembered answer belongs to a request with this hash. */
export function answersRequest(stored: Pick<StoredResponse, "requestHash">, hash: Uint8Array): boolean {
  return Buffer.compare(stored.requestHash, hash) === 0;
}

/** The error for a key that was already used for another request. */
export function keyReused(key: string, usedFor: string): DomainError {
  return new DomainError(
    errors.IDEMPOTENCY_KEY_REUSED,
    `idempotency key "${key}" was already used for another request (${usedFor}): send a new key with a new request, or the first request unchanged`,
    { metadata: { key, method: usedFor } },
  );
}
