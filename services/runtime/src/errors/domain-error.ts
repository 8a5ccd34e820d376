import type { ErrorSpec } from "./error-spec.ts";

/** One thing wrong with one field of a request. `field` is a path of proto names, for example lines[0].quantity. */
export interface FieldViolation {
  field: string;
  description: string;
  reason?: string;
}

/** What a {@link DomainError} may carry beside its message. `metadata` reaches the caller: no secrets. */
export interface DomainErrorDetails {
  violations?: FieldViolation[];
  metadata?: Record<string, string>;
  /** Milliseconds after which the caller may try again. */
  retryAfterMs?: number;
  cause?: unknown;
}

/** An error that the caller is meant to see: stable code, message for people, details for machines. */
export class DomainError extends Error {
  readonly spec: ErrorSpec;
  readonly violations: readonly FieldViolation[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly retryAfterMs: number | undefined;

  constructor(spec: ErrorSpec, message: string, details: DomainErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "DomainError";
    this.spec = spec;
    this.violations = details.violations ?? [];
    this.metadata = details.metadata ?? {};
    this.retryAfterMs = details.retryAfterMs;
  }

  /** The stable code, for example ORDER_NOT_FOUND. */
  get code(): string {
    return this.spec.code;
  }
}

/**
 * An event that can never be applied, because it breaks an invariant: its record goes to the dead letters with this
 * error's message as the reason. Never for what may work later.
 */
export class PoisonError extends Error {
  /** Id of the event (ce_id) that is poison. */
  readonly eventId: string;

  constructor(eventId: string, message: string, options: { cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "PoisonError";
    this.eventId = eventId;
  }
}
