// What every client proxy keeps to towards one workload: limits, retry budget, ejection, load balancing, mutual TLS.
import type { FileFault } from "../../files/positioned.ts";
import { formatDuration } from "../../files/values.ts";
import { type EffectiveValues, hostFields } from "../../model/effective.ts";
import { labelOf } from "../../model/format-effective.ts";
import { unlimited } from "../../model/istio-defaults.ts";
import type { Mesh } from "../../model/mesh.ts";
import { type DestinationRule, metadata } from "./resource.ts";
import { refuse, unsayable } from "./sayable.ts";
import { type RouteValues, routeOf, type ServedWorkload } from "./served-workloads.ts";

/** @throws MeshFilesError for values that it cannot say, and where services of one workload want different ones */
export function destinationRule(mesh: Mesh, served: ServedWorkload): DestinationRule {
  const [service, ...rest] = served.services;
  const first = routeOf(mesh, service);
  const others = rest.map((one) => routeOf(mesh, one));
  refuse([...others.flatMap((other) => disagreements(first, other)), ...unsayable(first.effective, first.values)]);
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "DestinationRule",
    metadata: metadata(mesh, served.workload),
    spec: { host: served.host, trafficPolicy: trafficPolicy(first.values) },
  };
}

function disagreements(first: RouteValues, other: RouteValues): FileFault[] {
  return hostFields
    .filter((field) => other.values[field] !== first.values[field])
    .map((field): FileFault => {
      const { value, source } = other.effective[field];
      const place = source.kind === "file" ? source : { file: "policies", line: 1 };
      const message = `${String(value)}, but ${String(first.values[field])} for another service of the workload; Istio keeps one value per host`;
      return { file: place.file, line: place.line, field: labelOf(field), message };
    });
}

/** Limits have no way to say "unlimited" but not to be there. */
const limit = <Key extends string>(key: Key, count: number): Partial<Record<Key, number>> =>
  count === unlimited ? {} : ({ [key]: count } as Record<Key, number>);

function trafficPolicy(values: EffectiveValues): DestinationRule["spec"]["trafficPolicy"] {
  return {
    connectionPool: {
      tcp: {
        connectTimeout: formatDuration(values.connectTimeoutMs),
        ...limit("maxConnections", values.maxConnections),
      },
      http: {
        // In spite of its name it holds for HTTP/2 too: Envoy's max_pending_requests.
        ...limit("http1MaxPendingRequests", values.maxPending),
        ...limit("http2MaxRequests", values.maxRequests),
        ...(values.retryBudgetPercent === null && limit("maxRetries", values.maxRetries)),
      },
    },
    // Never left to its default: that of 1.27.0 to 1.29.1 was 0.2 % instead of 20 %.
    ...(values.retryBudgetPercent !== null && {
      retryBudget: { percent: values.retryBudgetPercent, minRetryConcurrency: values.retryBudgetMinimum },
    }),
    // Written out where it is off, too: a threshold of 5xx that is not said is 5, and a mesh-wide default may exist.
    outlierDetection: {
      consecutiveGatewayErrors: values.ejectAfterGatewayErrors ?? 0,
      consecutive5xxErrors: values.ejectAfterErrors ?? 0,
      interval: formatDuration(values.ejectIntervalMs),
      baseEjectionTime: formatDuration(values.ejectBaseMs),
      maxEjectionPercent: values.ejectMaxPercent,
      minHealthPercent: values.ejectMinHealthPercent,
    },
    loadBalancer: {
      simple: values.loadBalancing,
      // Not said, it would be on wherever there is an outlierDetection.
      localityLbSetting: { enabled: values.locality === "failover" },
    },
    tls: { mode: "ISTIO_MUTUAL" },
  };
}
