// Errors as problem details (RFC 9457), whether they arose at the edge or came from a service.
import type { DescMethod } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { BadRequestSchema, RetryInfoSchema } from "@ordermesh/proto/google";
import {
  DomainError,
  errorCodeOf,
  errorInfoOf,
  errors,
  type FieldViolation,
  toConnectError,
} from "@ordermesh/runtime/errors";
import { jsonPath } from "../transcoding/field-names.ts";
import { httpStatusOf } from "./http-status.ts";

/** The body of an error answer. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** Stable code, for programs. */
  readonly code: string;
  readonly requestId: string;
  readonly violations?: readonly FieldViolation[];
  readonly metadata?: Readonly<Record<string, string>>;
}

/** A problem and what goes with it into the headers. */
export interface ProblemAnswer {
  readonly problem: Problem;
  /** Seconds after which to try again. */
  readonly retryAfter: number | undefined;
  /** The platform is at fault, and the error belongs in the log. */
  readonly fault: boolean;
}

/** Said instead of the words of a transport or a proxy, which tell the caller nothing but addresses. */
const plainDetails: Partial<Record<Code, string>> = {
  [Code.Unavailable]: "the service cannot be reached at the moment; try again",
  [Code.DeadlineExceeded]:
    "the service did not answer in time; try again, with the same Idempotency-Key if one was sent",
  [Code.Canceled]: "the call was cancelled",
  [Code.ResourceExhausted]: "too much is asked of the service at the moment; try again later",
};

const INTERNAL_DETAIL = "something went wrong on our side; quote the request id when you report it";

/** IDEMPOTENCY_KEY_REUSED → Idempotency key reused. */
function titleOf(code: string): string {
  const words = code.toLowerCase().replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/**
 * The problem that an error is told as. With the method, paths of proto names in violations become JSON names.
 * Faults of the platform lose their details: those belong in the log.
 */
export function problemOf(error: unknown, requestId: string, method?: DescMethod): ProblemAnswer {
  const known = error instanceof DomainError || error instanceof ConnectError;
  const wire = known ? toConnectError(error) : toConnectError(new DomainError(errors.INTERNAL, "", { cause: error }));
  const fault = wire.code === Code.Internal || wire.code === Code.Unknown || wire.code === Code.DataLoss;
  // A transport's own errors carry no ErrorInfo; those of our services do.
  const ours = error instanceof DomainError || (error instanceof ConnectError && errorInfoOf(error) !== undefined);
  const code = fault ? "INTERNAL" : errorCodeOf(wire);
  const { http_status: override, ...metadata } = errorInfoOf(wire)?.metadata ?? {};
  const status = fault ? 500 : httpStatusOf({ status: wire.code, httpStatus: Number(override) || undefined });
  const violations = violationsOf(wire, method);
  return {
    problem: {
      type: `urn:ordermesh:problem:${code.toLowerCase().replaceAll("_", "-")}`,
      title: titleOf(code),
      status,
      detail: fault ? INTERNAL_DETAIL : ours ? wire.rawMessage : (plainDetails[wire.code] ?? wire.rawMessage),
      code,
      requestId,
      ...(violations.length > 0 ? { violations } : {}),
      ...(Object.keys(metadata).length > 0 ? { metadata } : {}),
    },
    retryAfter: retryAfterOf(wire, status),
    fault,
  };
}

function violationsOf(error: ConnectError, method: DescMethod | undefined): FieldViolation[] {
  const details = error.findDetails(BadRequestSchema);
  return details.flatMap(({ fieldViolations }) =>
    fieldViolations.map(({ field, description, reason }) => ({
      field: method === undefined ? field : jsonPath(method.input, field),
      description,
      ...(reason === "" ? {} : { reason }),
    })),
  );
}

function retryAfterOf(error: ConnectError, status: number): number | undefined {
  const delay = error.findDetails(RetryInfoSchema)[0]?.retryDelay;
  if (delay !== undefined) return Math.max(1, Number(delay.seconds) + (delay.nanos > 0 ? 1 : 0));
  return status === 503 || status === 429 ? 1 : undefined;
}
