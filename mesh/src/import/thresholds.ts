// What DestinationRules say of hosts, as Istio acts on it: what an outlierDetection or a budget leaves out has a value.
import type { LoadBalancing } from "../files/policy-file.ts";
import { istioDefaultsBeside } from "../model/istio-defaults.ts";
import { coversHost, workloadOfHost } from "./hosts.ts";
import type { Losses } from "./loss.ts";
import type { Part } from "./part.ts";
import type { Resource } from "./resources.ts";
import { ignoreWide } from "./routes.ts";

/** undefined: Istio's default. */
export interface HostSettings {
  readonly connectTimeoutMs?: number | undefined;
  readonly requests?: number | undefined;
  readonly pending?: number | undefined;
  readonly connections?: number | undefined;
  readonly maxRetries?: number | undefined;
  readonly budget?: { readonly percent: number; readonly minimum: number } | undefined;
  readonly ejection?: ImportedEjection | undefined;
  readonly loadBalancing?: LoadBalancing | undefined;
  readonly locality?: "off" | "failover" | undefined;
}

export interface ImportedEjection {
  readonly afterErrors: number | null;
  readonly afterGatewayErrors: number | null;
  readonly intervalMs: number | undefined;
  readonly baseMs: number | undefined;
  readonly maxPercent: number | undefined;
  readonly minHealthPercent: number | undefined;
}

export interface HostRule {
  readonly resource: Resource;
  /** Whether it names the host itself, and no wildcard. */
  readonly exact: boolean;
  readonly settings: HostSettings;
}

/**
 * By workload; a rule for a wildcard counts where no other names the host.
 *
 * @param istio version whose defaults hold where a rule leaves something out
 */
export function thresholdsFrom(
  resources: readonly Resource[],
  { namespace, istio, workloads }: { namespace: string; istio: string; workloads: readonly string[] },
  losses: Losses,
): Map<string, HostRule> {
  const found = new Map<string, HostRule>();
  const wildcards: { readonly host: string; readonly rule: HostRule }[] = [];
  for (const resource of resources) {
    const host = resource.spec.text("host") ?? "";
    const workload = workloadOfHost(host, resource.namespace ?? namespace, namespace);
    const rule = { resource, exact: workload !== undefined, settings: settingsOf(resource, istio, losses) };
    if (workload !== undefined) {
      if (found.has(workload))
        losses.whole(resource, `${workload} has a DestinationRule already; Istio merges their subsets only`);
      else found.set(workload, rule);
    } else if (host.startsWith("*")) wildcards.push({ host, rule });
    else losses.part(resource, resource.spec.peek("host"), `no workload of ${namespace} is called ${host}`);
  }
  for (const workload of workloads) {
    const covering = wildcards
      .filter(({ host }) => coversHost(host, workload, namespace))
      .toSorted((a, b) => b.host.length - a.host.length)[0];
    if (covering !== undefined && !found.has(workload)) found.set(workload, covering.rule);
  }
  return found;
}

function settingsOf(resource: Resource, istio: string, losses: Losses): HostSettings {
  const { spec } = resource;
  ignoreWide(spec);
  const policy = spec.map("trafficPolicy");
  const mode = policy?.map("tls")?.text("mode");
  if (mode !== undefined && mode !== "ISTIO_MUTUAL") {
    losses.part(
      resource,
      spec.peek("trafficPolicy"),
      `tls ${mode}: connections are mutual TLS here, as between all workloads`,
    );
  }
  const tcp = policy?.map("connectionPool")?.map("tcp");
  const http = policy?.map("connectionPool")?.map("http");
  const ejection = policy?.map("outlierDetection");
  const settings: HostSettings = {
    connectTimeoutMs: tcp?.durationMs("connectTimeout"),
    connections: positive(tcp?.number("maxConnections")),
    requests: positive(http?.number("http2MaxRequests")),
    pending: positive(http?.number("http1MaxPendingRequests")),
    maxRetries: positive(http?.number("maxRetries")),
    budget: budgetOf(policy?.map("retryBudget"), istio),
    ejection: ejectionOf(ejection, istio),
    ...balancingOf(resource, policy?.map("loadBalancer"), ejection !== undefined, losses),
  };
  losses.unread(resource, spec);
  if (settings.ejection !== undefined && !ejects(settings.ejection) && settings.locality === "failover") {
    const stays =
      "without ejection calls never leave the nearest zone, were its hosts to fail; here they go to all zones";
    losses.part(resource, spec.peek("trafficPolicy"), stays);
  }
  return settings;
}

const ejects = ({ afterErrors, afterGatewayErrors }: ImportedEjection): boolean =>
  afterErrors !== null || afterGatewayErrors !== null;

/** Istio takes 0 for not said. */
const positive = (count: number | undefined): number | undefined =>
  count !== undefined && count > 0 ? count : undefined;

function budgetOf(budget: Part | undefined, istio: string): HostSettings["budget"] {
  if (budget === undefined) return undefined;
  const percent = budget.number("percent") ?? istioDefaultsBeside(istio).retryBudgetPercent.value ?? 0;
  return { percent, minimum: positive(budget.number("minRetryConcurrency")) ?? 3 };
}

function ejectionOf(detection: Part | undefined, istio: string): ImportedEjection | undefined {
  if (detection === undefined) return undefined;
  const errors = detection.number("consecutive5xxErrors") ?? istioDefaultsBeside(istio).ejectAfterErrors.value ?? 0;
  const gatewayErrors = detection.number("consecutiveGatewayErrors") ?? 0;
  // Istio has not heeded the old name since it has the new one.
  detection.ignore("consecutiveErrors");
  if (detection.peek("splitExternalLocalOriginErrors").value === false)
    detection.ignore("splitExternalLocalOriginErrors");
  return {
    afterErrors: errors > 0 ? errors : null,
    afterGatewayErrors: gatewayErrors > 0 ? gatewayErrors : null,
    intervalMs: positive(detection.durationMs("interval")),
    baseMs: positive(detection.durationMs("baseEjectionTime")),
    maxPercent: positive(detection.number("maxEjectionPercent")),
    minHealthPercent: positive(detection.number("minHealthPercent")),
  };
}

const balancings: Readonly<Record<string, LoadBalancing>> = {
  UNSPECIFIED: "LEAST_REQUEST",
  LEAST_CONN: "LEAST_REQUEST",
  LEAST_REQUEST: "LEAST_REQUEST",
  ROUND_ROBIN: "ROUND_ROBIN",
  RANDOM: "RANDOM",
};

function balancingOf(
  resource: Resource,
  balancer: Part | undefined,
  ejects: boolean,
  losses: Losses,
): Pick<HostSettings, "loadBalancing" | "locality"> {
  const simple = balancer?.text("simple");
  const loadBalancing = simple === undefined ? undefined : balancings[simple];
  if (balancer !== undefined && simple !== undefined && loadBalancing === undefined) {
    losses.part(resource, balancer.peek("simple"), `${simple} becomes LEAST_REQUEST`);
  }
  const enabled = balancer?.map("localityLbSetting")?.flag("enabled") ?? true;
  return { loadBalancing, locality: enabled && ejects ? "failover" : "off" };
}
