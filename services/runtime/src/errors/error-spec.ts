import { Code } from "@connectrpc/connect";

/** A stable error code and how it looks over RPC. `httpStatus` overrides what the edge derives from `status`. */
export interface ErrorSpec {
  readonly code: string;
  readonly status: Code;
  readonly httpStatus?: number;
}

const specs = new Map<string, ErrorSpec>();

/**
 * Registers an error code of this process and returns its spec.
 *
 * Codes are upper snake case and never change their meaning. Defining a code again with the same status returns the
 * first spec, so that several services can be loaded by one tool; with another status it throws.
 */
export function defineError(code: string, status: Code, options: { httpStatus?: number } = {}): ErrorSpec {
  if (!/^[A-Z][A-Z0-9_]{1,62}$/.test(code)) {
    throw new TypeError(`error code: given ${JSON.stringify(code)}, allowed 2 to 63 of A-Z, 0-9 and _`);
  }
  const known = specs.get(code);
  if (known) {
    if (known.status === status && known.httpStatus === options.httpStatus) return known;
    throw new TypeError(`error code ${code} is defined twice: as ${Code[known.status]} and as ${Code[status]}`);
  }
  const spec: ErrorSpec = Object.freeze({ code, status, ...options });
  specs.set(code, spec);
  return spec;
}

/** Every error code defined so far, in order of definition. For the error table of the documentation. */
export function definedErrors(): readonly ErrorSpec[] {
  return [...specs.values()];
}

/** Errors that every service shares. */
export const errors = {
  VALIDATION_FAILED: defineError("VALIDATION_FAILED", Code.InvalidArgument),
  UNAUTHENTICATED: defineError("UNAUTHENTICATED", Code.Unauthenticated),
  PERMISSION_DENIED: defineError("PERMISSION_DENIED", Code.PermissionDenied),
  IDEMPOTENCY_KEY_REQUIRED: defineError("IDEMPOTENCY_KEY_REQUIRED", Code.InvalidArgument),
  IDEMPOTENCY_KEY_INVALID: defineError("IDEMPOTENCY_KEY_INVALID", Code.InvalidArgument),
  IDEMPOTENCY_KEY_REUSED: defineError("IDEMPOTENCY_KEY_REUSED", Code.FailedPrecondition, { httpStatus: 422 }),
  PAGE_TOKEN_INVALID: defineError("PAGE_TOKEN_INVALID", Code.InvalidArgument),
  DEADLINE_EXCEEDED: defineError("DEADLINE_EXCEEDED", Code.DeadlineExceeded),
  CANCELLED: defineError("CANCELLED", Code.Canceled),
  UNAVAILABLE: defineError("UNAVAILABLE", Code.Unavailable),
  UNIMPLEMENTED: defineError("UNIMPLEMENTED", Code.Unimplemented),
  INTERNAL: defineError("INTERNAL", Code.Internal),
} as const;
