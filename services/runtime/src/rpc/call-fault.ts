import { Code, ConnectError } from "@connectrpc/connect";
import { isTransient } from "../database/index.ts";
import { DomainError, errors, toConnectError } from "../errors/index.ts";
import type { Logger } from "../logging/index.ts";

export interface FailedCall {
  readonly logger: Logger;
  readonly method: string;
  readonly correlationId: string;
  readonly signal: AbortSignal | undefined;
}

const retryAfterMs = 1_000;

/**
 * The error that a failed call answers with. After the call was aborted whatever the handler threw is a consequence of
 * that, and the reason of the abort is the error. A transient fault of the database is UNAVAILABLE: the caller may try
 * again. Faults of the server, and only they, are logged as errors, one line each.
 */
export function callFault(error: unknown, call: FailedCall): ConnectError {
  if (error instanceof DomainError || error instanceof ConnectError) return logged(toConnectError(error), call);
  if (call.signal?.aborted) return logged(toConnectError(call.signal.reason), call);
  if (!isTransient(error)) return logged(toConnectError(error), call);
  const { method, correlationId, logger } = call;
  const reason = error instanceof Error ? error.message : String(error);
  logger.warn({ method, correlationId, reason }, "call refused while the database is away");
  const message = "the service's database cannot be reached just now; try again";
  return toConnectError(new DomainError(errors.UNAVAILABLE, message, { retryAfterMs, cause: error }));
}

function logged(fault: ConnectError, { logger, method, correlationId }: FailedCall): ConnectError {
  if (fault.code === Code.Internal || fault.code === Code.Unknown || fault.code === Code.DataLoss) {
    logger.error({ err: fault.cause ?? fault, method, correlationId }, "call failed");
  }
  return fault;
}
