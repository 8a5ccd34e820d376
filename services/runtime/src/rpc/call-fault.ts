import { Code, ConnectError } from "@connectrpc/connect";
import { DomainError, toConnectError } from "../errors/index.ts";
import type { Logger } from "../logging/index.ts";

/**
 * The error that a failed call answers with. After the call was aborted whatever the handler threw is a consequence of
 * that, and the reason of the abort is the error. Faults of the server, and only they, are logged, one line each.
 */
export function callFault(
  error: unknown,
  call: { logger: Logger; method: string; correlationId: string; signal: AbortSignal | undefined },
): ConnectError {
  const expected = error instanceof DomainError || error instanceof ConnectError;
  const fault = toConnectError(!expected && call.signal?.aborted ? call.signal.reason : error);
  if (fault.code === Code.Internal || fault.code === Code.Unknown || fault.code === Code.DataLoss) {
    const { method, correlationId } = call;
    call.logger.error({ err: fault.cause ?? fault, method, correlationId }, "call failed");
  }
  return fault;
}
