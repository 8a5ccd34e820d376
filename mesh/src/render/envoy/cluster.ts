// A workload that is called: connections, breakers, ejection, load balancing.
import type { CircuitBreakers } from "../../../gen/envoy/envoy/config/cluster/v3/circuit_breaker.ts";
import type { Cluster } from "../../../gen/envoy/envoy/config/cluster/v3/cluster.ts";
import type { OutlierDetection } from "../../../gen/envoy/envoy/config/cluster/v3/outlier_detection.ts";
import type { LocalityLbEndpoints } from "../../../gen/envoy/envoy/config/endpoint/v3/endpoint_components.ts";
import type { EffectiveValues } from "../../model/effective.ts";
import { unlimited } from "../../model/istio-defaults.ts";
import type { EnvoyEndpoint } from "./placement.ts";
import { protoDuration, socketAddress } from "./proto-values.ts";

/** As istiod sets it for the application behind a sidecar. */
const appConnectTimeoutMs = 10_000;

/** gRPC speaks HTTP/2 on every hop. */
const http2: NonNullable<Cluster["typed_extension_protocol_options"]> = {
  "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
    "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
    explicit_http_config: { http2_protocol_options: {} },
  },
};

/** The application itself: the sidecars of its callers have limits, this one has none. */
export function appCluster(name: string, address: string, port: number): Cluster {
  return {
    name,
    type: "STATIC",
    connect_timeout: protoDuration(appConnectTimeoutMs),
    typed_extension_protocol_options: http2,
    circuit_breakers: {
      thresholds: [
        {
          max_connections: unlimited,
          max_pending_requests: unlimited,
          max_requests: unlimited,
          max_retries: unlimited,
          track_remaining: true,
        },
      ],
    },
    load_assignment: { cluster_name: name, endpoints: [localityOf(undefined, [{ address, port }])] },
  };
}

export interface WorkloadCluster {
  readonly name: string;
  readonly values: EffectiveValues;
  readonly endpoints: readonly EnvoyEndpoint[];
  /** Of the caller. */
  readonly zone: string | undefined;
  readonly transportSocket: NonNullable<Cluster["transport_socket"]>;
}

/** Every value is written out: what Envoy does by itself is not what Istio does. */
export function workloadCluster({ name, values, endpoints, zone, transportSocket }: WorkloadCluster): Cluster {
  const outlierDetection = outlierDetectionOf(values);
  return {
    name,
    type: "STATIC",
    connect_timeout: protoDuration(values.connectTimeoutMs),
    lb_policy: values.loadBalancing,
    typed_extension_protocol_options: http2,
    circuit_breakers: circuitBreakersOf(values),
    ...(outlierDetection && {
      outlier_detection: outlierDetection,
      // Envoy's own 50 % would send calls to ejected hosts as soon as half of them are.
      common_lb_config: { healthy_panic_threshold: { value: values.ejectMinHealthPercent } },
    }),
    transport_socket: transportSocket,
    load_assignment: { cluster_name: name, endpoints: byLocality(endpoints, values.locality, zone) },
  };
}

function circuitBreakersOf(values: EffectiveValues): CircuitBreakers {
  const { retryBudgetPercent, retryBudgetMinimum } = values;
  return {
    thresholds: [
      {
        max_connections: values.maxConnections,
        max_pending_requests: values.maxPending,
        max_requests: values.maxRequests,
        max_retries: values.maxRetries,
        track_remaining: true,
        ...(retryBudgetPercent !== null && {
          retry_budget: { budget_percent: { value: retryBudgetPercent }, min_retry_concurrency: retryBudgetMinimum },
        }),
      },
    ],
  };
}

function outlierDetectionOf(values: EffectiveValues): OutlierDetection | undefined {
  const { ejectAfterErrors, ejectAfterGatewayErrors } = values;
  if (ejectAfterErrors === null && ejectAfterGatewayErrors === null) return undefined;
  const enforcing = (threshold: number | null): number => (threshold === null ? 0 : 100);
  return {
    consecutive_5xx: ejectAfterErrors ?? 0,
    enforcing_consecutive_5xx: enforcing(ejectAfterErrors),
    consecutive_gateway_failure: ejectAfterGatewayErrors ?? 0,
    enforcing_consecutive_gateway_failure: enforcing(ejectAfterGatewayErrors),
    // On by default in Envoy, off in Istio.
    enforcing_success_rate: 0,
    interval: protoDuration(values.ejectIntervalMs),
    base_ejection_time: protoDuration(values.ejectBaseMs),
    max_ejection_percent: values.ejectMaxPercent,
  };
}

/** With failover, the caller's own zone first and all others when that fails; Envoy wants priorities without a gap. */
function byLocality(
  endpoints: readonly EnvoyEndpoint[],
  locality: EffectiveValues["locality"],
  ownZone: string | undefined,
): LocalityLbEndpoints[] {
  const zones = [...new Set(endpoints.map(({ zone }) => zone))].sort();
  const nearby = locality === "failover" && ownZone !== undefined && zones.includes(ownZone);
  return zones.map((zone) => ({
    ...localityOf(
      zone,
      endpoints.filter((endpoint) => endpoint.zone === zone),
    ),
    ...(nearby && zone !== ownZone && { priority: 1 }),
  }));
}

function localityOf(zone: string | undefined, endpoints: readonly EnvoyEndpoint[]): LocalityLbEndpoints {
  return {
    ...(zone !== undefined && { locality: { zone } }),
    lb_endpoints: endpoints.map(({ address, port }) => ({ endpoint: { address: socketAddress(address, port) } })),
  };
}
