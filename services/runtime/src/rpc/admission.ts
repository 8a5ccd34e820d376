import { randomUUID } from "node:crypto";
import type { Caller, TokenVerifier } from "../auth/index.ts";
import { DomainError, errors } from "../errors/index.ts";
import type { CallInfo } from "./call-info.ts";
import type { MethodPlan } from "./method-plan.ts";

/** Request headers (metadata) of a call, by lower-case name. */
export interface HeaderSource {
  header(name: string): string | undefined;
}

export const correlationHeader = "x-correlation-id";

const visibleAscii = /^[\x21-\x7e]+$/;
const bearer = /^bearer /i;

/** The caller's correlation id when it is 1 to 128 visible ASCII characters, else a new one. */
export function correlationIdFrom(source: HeaderSource): string {
  const given = source.header(correlationHeader);
  return given !== undefined && given.length <= 128 && visibleAscii.test(given) ? given : randomUUID();
}

/** Who calls: at once when the token was seen before, else after verifying it. Fails with UNAUTHENTICATED. */
export function authenticate(verifier: TokenVerifier, source: HeaderSource): Caller | Promise<Caller> {
  const authorization = source.header("authorization");
  if (authorization === undefined || !bearer.test(authorization)) {
    const given = authorization === undefined ? "nothing" : "another scheme";
    throw new DomainError(errors.UNAUTHENTICATED, `authorization: given ${given}, allowed "Bearer" and a token`);
  }
  const token = authorization.slice(7);
  return verifier.cached(token) ?? verifier.verify(token);
}

/**
 * Checks what a call brings besides its message: scope, idempotency key, time left. Throws PERMISSION_DENIED,
 * IDEMPOTENCY_KEY_REQUIRED, IDEMPOTENCY_KEY_INVALID or DEADLINE_EXCEEDED.
 */
export function admit(
  plan: MethodPlan,
  caller: Caller,
  source: HeaderSource,
  correlationId: string,
  timeoutMs: number | undefined,
): CallInfo {
  if (!caller.scopes.has(plan.scope)) {
    const message = `this call needs the scope ${plan.scope}, which the token does not hold`;
    throw new DomainError(errors.PERMISSION_DENIED, message, { metadata: { scope: plan.scope } });
  }
  const idempotencyKey = source.header("idempotency-key");
  if (idempotencyKey !== undefined) checkIdempotencyKey(idempotencyKey);
  else if (plan.needsIdempotencyKey) {
    const message = "idempotency-key: given nothing, allowed 1 to 255 visible ASCII characters";
    throw new DomainError(errors.IDEMPOTENCY_KEY_REQUIRED, message);
  }
  if (timeoutMs !== undefined && timeoutMs <= 0) throw deadlineExceeded();
  return { caller, correlationId, idempotencyKey, traceparent: source.header("traceparent") };
}

function checkIdempotencyKey(key: string): void {
  if (key.length <= 255 && visibleAscii.test(key)) return;
  const given = key.length > 255 ? `${key.length} characters` : "other characters or none";
  const message = `idempotency-key: given ${given}, allowed 1 to 255 visible ASCII characters`;
  throw new DomainError(errors.IDEMPOTENCY_KEY_INVALID, message);
}

/** The caller's deadline has passed. */
export function deadlineExceeded(): DomainError {
  return new DomainError(errors.DEADLINE_EXCEEDED, "the deadline of the call has passed");
}

/** The caller has gone, or the call has ended. */
export function callCancelled(): DomainError {
  return new DomainError(errors.CANCELLED, "the call was cancelled");
}

/** A stream is cut because the server stops; the caller finds another replica. */
export function serverStopping(): DomainError {
  return new DomainError(errors.UNAVAILABLE, "the server is stopping", { retryAfterMs: 100 });
}
