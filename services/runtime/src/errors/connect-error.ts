import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { BadRequestSchema, type ErrorInfo, ErrorInfoSchema, RetryInfoSchema } from "@ordermesh/proto/google";
import { DomainError } from "./domain-error.ts";
import { errors } from "./error-spec.ts";

const errorDomain = "ordermesh";

/**
 * Maps anything thrown to the error that goes over the wire.
 *
 * DomainError: its status with google.rpc.ErrorInfo (reason = code), BadRequest when it has violations and RetryInfo
 * when it says when to retry. ConnectError: as it is, with an ErrorInfo named after its status when it has no details.
 * Anything else: INTERNAL with a message that gives nothing away; the original is kept as `cause` for the log.
 */
export function toConnectError(error: unknown): ConnectError {
  if (error instanceof DomainError) return fromDomainError(error);
  if (error instanceof ConnectError) return error.details.length > 0 ? error : withErrorInfo(error);
  return fromDomainError(new DomainError(errors.INTERNAL, "internal error", { cause: error }));
}

/** The google.rpc.ErrorInfo of an error, whether it was made here or came over the wire. */
export function errorInfoOf(error: ConnectError): ErrorInfo | undefined {
  return error.findDetails(ErrorInfoSchema)[0];
}

/** The stable code of an error; the name of its gRPC status when it carries none, for example UNAVAILABLE. */
export function errorCodeOf(error: ConnectError): string {
  return errorInfoOf(error)?.reason || statusName(error.code);
}

/** Name of a gRPC status as the gRPC specification spells it, for example DEADLINE_EXCEEDED. */
export function statusName(code: Code): string {
  if (code === Code.Canceled) return "CANCELLED";
  return (Code[code] ?? "Unknown").replace(/(?<=[a-z])[A-Z]/g, "_$&").toUpperCase();
}

function fromDomainError(error: DomainError): ConnectError {
  const { spec, violations, retryAfterMs } = error;
  const metadata = spec.httpStatus
    ? { ...error.metadata, http_status: String(spec.httpStatus) }
    : { ...error.metadata };
  const details: ConnectError["details"] = [
    { desc: ErrorInfoSchema, value: create(ErrorInfoSchema, { reason: spec.code, domain: errorDomain, metadata }) },
  ];
  if (violations.length > 0) {
    details.push({
      desc: BadRequestSchema,
      value: create(BadRequestSchema, { fieldViolations: violations.map((violation) => ({ ...violation })) }),
    });
  }
  if (retryAfterMs !== undefined) {
    const seconds = Math.floor(retryAfterMs / 1000);
    const nanos = Math.round(retryAfterMs % 1000) * 1_000_000;
    const value = create(RetryInfoSchema, { retryDelay: { seconds: BigInt(seconds), nanos } });
    details.push({ desc: RetryInfoSchema, value });
  }
  const result = new ConnectError(error.message, spec.status, undefined, undefined, error.cause ?? error);
  result.details = details;
  return result;
}

function withErrorInfo(error: ConnectError): ConnectError {
  const result = new ConnectError(error.rawMessage, error.code, error.metadata, undefined, error.cause);
  const value = create(ErrorInfoSchema, { reason: statusName(error.code), domain: errorDomain });
  result.details = [{ desc: ErrorInfoSchema, value }];
  return result;
}
