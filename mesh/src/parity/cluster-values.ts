// What a cluster does: connections, breakers, ejection, load balancing.
import { type OutlierDetection, ownThresholds, type ProxyCluster } from "./cluster-shapes.ts";
import type { ProxyValues } from "./proxy-values.ts";
import type { ProxyDump } from "./read-dump.ts";

type ClusterValues = Pick<
  ProxyValues,
  | "connectTimeoutMs"
  | "maxRequests"
  | "maxPending"
  | "maxConnections"
  | "retryBudgetPercent"
  | "retryBudgetMinimum"
  | "maxRetries"
  | Extract<keyof ProxyValues, `eject${string}`>
  | "loadBalancing"
  | "locality"
>;

/** Where nothing is said: https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/load_balancing/panic_threshold */
const ownPanicPercent = 50;

/** The words of policies for the load balancers that clusters can name as extensions. */
const balancers: Readonly<Record<string, string>> = {
  "envoy.load_balancing_policies.least_request": "LEAST_REQUEST",
  "envoy.load_balancing_policies.round_robin": "ROUND_ROBIN",
  "envoy.load_balancing_policies.random": "RANDOM",
};

export function clusterValues(dump: ProxyDump, cluster: ProxyCluster, priority: "DEFAULT" | "HIGH"): ClusterValues {
  const written = cluster.circuit_breakers?.thresholds ?? [];
  const thresholds = written.find((threshold) => threshold.priority === priority) ?? ownThresholds;
  const budget = thresholds.retry_budget;
  return {
    connectTimeoutMs: cluster.connect_timeout,
    maxRequests: thresholds.max_requests,
    maxPending: thresholds.max_pending_requests,
    maxConnections: thresholds.max_connections,
    retryBudgetPercent: budget?.budget_percent ?? null,
    retryBudgetMinimum: budget?.min_retry_concurrency ?? 0,
    maxRetries: thresholds.max_retries,
    ...ejectionOf(cluster.outlier_detection),
    ejectMinHealthPercent: cluster.common_lb_config?.healthy_panic_threshold ?? ownPanicPercent,
    loadBalancing: loadBalancingOf(cluster),
    locality: localityOf(dump, cluster),
  };
}

function ejectionOf(
  detection: OutlierDetection | undefined,
): Omit<Pick<ClusterValues, Extract<keyof ClusterValues, `eject${string}`>>, "ejectMinHealthPercent"> {
  const threshold = (count: number, enforcing: number): number | null => (count > 0 && enforcing > 0 ? count : null);
  return {
    ejectAfterErrors: detection ? threshold(detection.consecutive_5xx, detection.enforcing_consecutive_5xx) : null,
    ejectAfterGatewayErrors: detection
      ? threshold(detection.consecutive_gateway_failure, detection.enforcing_consecutive_gateway_failure)
      : null,
    ejectIntervalMs: detection?.interval ?? 0,
    ejectBaseMs: detection?.base_ejection_time ?? 0,
    ejectMaxPercent: detection?.max_ejection_percent ?? 0,
    ejectsBySuccessRate: (detection?.enforcing_success_rate ?? 0) > 0,
    ejectsByFailureShare: (detection?.enforcing_failure_percentage ?? 0) > 0,
  };
}

function loadBalancingOf(cluster: ProxyCluster): string {
  const extension = cluster.load_balancing_policy?.policies[0]?.typed_extension_config.name;
  return extension === undefined ? cluster.lb_policy : (balancers[extension] ?? extension);
}

/** Zones at different priorities are a failover; several zones at one priority are none. */
function localityOf(dump: ProxyDump, cluster: ProxyCluster): ClusterValues["locality"] {
  const groups = (endpointsOf(dump, cluster)?.endpoints ?? []).filter(({ lb_endpoints: hosts }) => hosts.length > 0);
  const zones = new Set(groups.map(({ locality }) => `${locality?.region}/${locality?.zone}/${locality?.sub_zone}`));
  if (zones.size < 2) return null;
  return new Set(groups.map(({ priority }) => priority)).size > 1 ? "failover" : "off";
}

/** The endpoints as the proxy has them now. */
export const endpointsOf = (dump: ProxyDump, cluster: ProxyCluster) =>
  dump.endpoints.get(cluster.eds_cluster_config?.service_name || cluster.name) ?? cluster.load_assignment;
