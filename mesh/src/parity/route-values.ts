// What a route does: timeout, retries, faults.
import { z } from "zod";
import type { Fault } from "../model/effective.ts";
import { grpcStatusName } from "../model/grpc-status.ts";
import type { FoundRoute } from "./find-route.ts";
import { durationShape, fractionShape } from "./proto-shapes.ts";
import type { ProxyValues } from "./proxy-values.ts";
import { readExtension } from "./read-dump.ts";
import type { RetryPolicy } from "./route-shapes.ts";

type RouteValues = Pick<
  ProxyValues,
  | "timeoutMs"
  | "honoursDeadlines"
  | "retryAttempts"
  | "retryPerTryMs"
  | "retryOn"
  | "retryBackoffBaseMs"
  | "retryBackoffMaxMs"
  | "retriesElsewhere"
  | "fault"
>;

/** Where a route says nothing: https://www.envoyproxy.io/docs/envoy/latest/faq/configuration/timeouts */
const ownTimeoutMs = 15_000;
const ownBackoffMs = 25;
/** The longest back-off is ten times the first where nothing is said. */
const backoffFactor = 10;

/** Nothing stands behind these unless codes or headers are named with them. */
const emptyConditions = new Set(["retriable-status-codes", "retriable-headers"]);

export function routeValues(found: FoundRoute): RouteValues {
  const action = found.route.route;
  return {
    ...timeoutOf(action),
    ...retriesOf(action?.retry_policy ?? found.virtualHost.retry_policy),
    fault: faultOf(found),
  };
}

/**
 * For a gRPC call max_grpc_timeout takes the place of the timeout, and bounds the client's deadline; 0 is no limit.
 * Without it, and without a stream duration for deadlines, Envoy ignores the deadline.
 */
function timeoutOf(action: FoundRoute["route"]["route"]): Pick<RouteValues, "timeoutMs" | "honoursDeadlines"> {
  const { max_grpc_timeout: grpcMs, timeout: routeMs = ownTimeoutMs, max_stream_duration: stream } = action ?? {};
  const limits = [grpcMs ?? routeMs, stream?.max_stream_duration ?? 0, stream?.grpc_timeout_header_max ?? 0];
  const timeoutMs = Math.min(...limits.filter((ms) => ms > 0));
  return {
    timeoutMs: Number.isFinite(timeoutMs) ? timeoutMs : null,
    honoursDeadlines: grpcMs !== undefined || stream?.grpc_timeout_header_max !== undefined,
  };
}

function retriesOf(policy: RetryPolicy | undefined): Omit<RouteValues, "timeoutMs" | "honoursDeadlines" | "fault"> {
  const conditions = conditionsOf(policy);
  const backoff = policy?.retry_back_off;
  const baseMs = backoff?.base_interval ?? ownBackoffMs;
  return {
    retryAttempts: conditions.length === 0 ? 0 : (policy?.num_retries ?? 0),
    retryPerTryMs: policy?.per_try_timeout || null,
    retryOn: conditions,
    retryBackoffBaseMs: baseMs,
    retryBackoffMaxMs: backoff?.max_interval ?? backoffFactor * baseMs,
    retriesElsewhere: (policy?.retry_host_predicate ?? []).some(({ name }) => name.endsWith("previous_hosts")),
  };
}

/** Statuses that are named as numbers stand among the conditions. */
function conditionsOf(policy: RetryPolicy | undefined): string[] {
  const codes = policy?.retriable_status_codes.map(String) ?? [];
  const words = (policy?.retry_on ?? "").split(",").map((word) => word.trim());
  return withoutEmpty([...words, ...codes].filter((word) => word !== "")).sort();
}

/** Leaves out conditions behind which nothing stands. */
export function withoutEmpty(conditions: readonly string[]): string[] {
  const codes = conditions.some((condition) => /^\d+$/.test(condition));
  return conditions.filter(
    (condition) => !emptyConditions.has(condition) || (codes && condition !== "retriable-headers"),
  );
}

const faultShape = z.object({
  delay: z.object({ fixed_delay: durationShape.default(0), percentage: fractionShape.default(0) }).optional(),
  abort: z
    .object({
      grpc_status: z.number().optional(),
      http_status: z.number().optional(),
      percentage: fractionShape.default(0),
    })
    .optional(),
});

function faultOf({ route, virtualHost, faultFilter }: FoundRoute): Fault | null {
  // Without the filter in the chain, what a route says of it is never read.
  if (faultFilter === undefined) return null;
  const name = "envoy.filters.http.fault";
  const config = route.typed_per_filter_config[name] ?? virtualHost.typed_per_filter_config[name] ?? faultFilter;
  const fault = readExtension(config, "envoy.extensions.filters.http.fault.v3.HTTPFault", faultShape);
  const abort = fault?.abort?.percentage ? fault.abort : undefined;
  const delay = fault?.delay?.percentage ? fault.delay : undefined;
  if (abort === undefined && delay === undefined) return null;
  const { grpc_status: grpc, http_status: http } = abort ?? {};
  return {
    ...(abort && {
      abort: { status: grpc === undefined ? `HTTP ${http ?? 0}` : grpcStatusName(grpc), percent: abort.percentage },
    }),
    ...(delay && { delay: { fixedMs: delay.fixed_delay, percent: delay.percentage } }),
  };
}
