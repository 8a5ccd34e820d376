// What a policy retries on, as far as a server that speaks gRPC can cause it.
import { status } from "@grpc/grpc-js";
import type { RetryCondition } from "../../files/policy-file.ts";

/**
 * Envoy compares these with the status in the response's headers:
 * https://www.envoyproxy.io/docs/envoy/v1.40.0/configuration/http/http_filters/router_filter#x-envoy-retry-grpc-on
 */
const grpcConditions: readonly (readonly [RetryCondition, status])[] = [
  ["unavailable", status.UNAVAILABLE],
  ["cancelled", status.CANCELLED],
  ["deadline-exceeded", status.DEADLINE_EXCEEDED],
  ["internal", status.INTERNAL],
  ["resource-exhausted", status.RESOURCE_EXHAUSTED],
];

/** A status that is retried; undefined when none is: an error of gRPC has the HTTP status 200. */
export function retriedStatus(conditions: readonly RetryCondition[]): status | undefined {
  return grpcConditions.find(([condition]) => conditions.includes(condition))?.[1];
}

/** A broken stream or a closed port behind a sidecar comes out of it as UNAVAILABLE. */
export const retriesUnavailable = (conditions: readonly RetryCondition[]): boolean =>
  conditions.includes("unavailable");

/** Who may end a try whose time is over, and what then makes it a retry. All of them time it, and any may be first. */
const endings: readonly (readonly RetryCondition[])[] = [
  // The caller's own proxy. It has no answer whose status it could compare, so `unavailable` does not do.
  ["reset", "5xx", "gateway-error"],
  // The proxy of the host, to which the caller's proxy passes the time as grpc-timeout.
  ["unavailable"],
];
/** A server that lives answers at that time, too. One that hangs does not. */
const endingByServer: readonly RetryCondition[] = ["deadline-exceeded"];

/** Whether a try that takes too long is tried again: whoever ends it, by chance, or never. */
export function retriesLateTries(
  conditions: readonly RetryCondition[],
  host: "hangs" | "answers late",
): "always" | "by chance" | "never" {
  const all = host === "hangs" ? endings : [...endings, endingByServer];
  const caught = all.filter((ending) => ending.some((condition) => conditions.includes(condition)));
  if (caught.length === all.length) return "always";
  return caught.length === 0 ? "never" : "by chance";
}
