// How a try can end, and what the proxy makes of it: whether it may be repeated, and how the ejection counts it.
// Sources: Envoy's router filter (x-envoy-retry-on, x-envoy-retry-grpc-on) and its outlier detection, tried on 1.40.
import type { RetryCondition } from "../files/policy-file.ts";
import { codeOf, grpcStatuses } from "../model/grpc-status.ts";

/** A number below this is a gRPC status that came in response headers. */
const statuses = grpcStatuses.length;

export const ok = codeOf("OK");
export const unavailable = codeOf("UNAVAILABLE");
export const permissionDenied = codeOf("PERMISSION_DENIED");
export const cancelled = codeOf("CANCELLED");
/** The try's time, or the route's, was over. */
export const timedOut = statuses;
/** The connection broke while the try was under way. */
export const connectionLost = statuses + 1;
/** There was no connection to be had. */
export const connectFailed = statuses + 2;
const results = statuses + 3;

/** What the client is told: Envoy answers UNAVAILABLE for whatever it ends itself, a timeout included. */
export const statusOf = (result: number): number => (result < statuses ? result : unavailable);

const byStatus: Partial<Record<RetryCondition, number>> = {
  cancelled: cancelled,
  "deadline-exceeded": codeOf("DEADLINE_EXCEEDED"),
  internal: codeOf("INTERNAL"),
  "resource-exhausted": codeOf("RESOURCE_EXHAUSTED"),
  unavailable,
};

/**
 * Which results are retried, by result. The HTTP status of a gRPC error is 200, so that `5xx`, `gateway-error` and
 * `retriable-status-codes` say nothing of it; the first two do say "no answer", as `reset` does, and a try that timed
 * out is retried under these three alone.
 */
export function retriedResults(on: readonly RetryCondition[]): Uint8Array {
  const retried = new Uint8Array(results);
  for (const condition of on) {
    const status = byStatus[condition];
    if (status !== undefined) retried[status] = 1;
    if (condition === "connect-failure" || condition === "reset-before-request") retried[connectFailed] = 1;
    if (condition === "reset" || condition === "5xx" || condition === "gateway-error") {
      retried[timedOut] = retried[connectionLost] = retried[connectFailed] = 1;
    }
  }
  return retried;
}

export const countsAsNothing = 0;
export const countsAsError = 1;
export const countsAsGatewayError = 2;

/** How the ejection counts each result. Envoy maps gRPC statuses to HTTP first: UNAVAILABLE is 503, and so on. */
export const ejectionCounts: Uint8Array = Uint8Array.from({ length: results }, (_, result) => {
  if (result >= statuses) return countsAsGatewayError;
  const status = grpcStatuses[result];
  if (status === "UNAVAILABLE" || status === "DEADLINE_EXCEEDED") return countsAsGatewayError;
  const errors: readonly (string | undefined)[] = ["UNKNOWN", "INTERNAL", "UNIMPLEMENTED", "DATA_LOSS"];
  return errors.includes(status) ? countsAsError : countsAsNothing;
});
