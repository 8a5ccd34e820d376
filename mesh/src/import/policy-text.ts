// The policy file of one service, out of what Istio would do for each of its methods.
import { formatDuration } from "../files/values.ts";
import type { Method } from "../model/catalog.ts";
import { istioDefaults } from "../model/istio-defaults.ts";
import type { RouteSettings } from "./route-settings.ts";
import { shortYaml } from "./short-yaml.ts";
import type { HostSettings, ImportedEjection } from "./thresholds.ts";
import type { Port, Workload } from "./workloads.ts";

export interface ImportedService {
  readonly service: string;
  readonly workload: Workload;
  readonly port: Port;
  readonly methods: readonly { readonly method: Method; readonly settings: RouteSettings }[];
  /** What a path that no other route names gets; undefined where no route takes any. */
  readonly fallback: RouteSettings | undefined;
  readonly host: HostSettings;
  /** Where it comes from: `VirtualService shop/cart (cart.yaml:3)`. */
  readonly from: readonly string[];
}

export function policyText(imported: ImportedService): string {
  const { service, workload, port, host, from } = imported;
  const policy = {
    service,
    workload: workload.name,
    port: {
      number: port.number,
      ...(port.name !== undefined && { name: port.name }),
      ...(port.appProtocol !== undefined && { appProtocol: port.appProtocol }),
    },
    ...(workload.headless && { headless: true }),
    ...(workload.replicas !== undefined && workload.replicas > 0 && { replicas: workload.replicas }),
    ...methodPolicies(imported),
    ...hostPolicy(host),
  };
  const head =
    from.length === 0 ? "Istio's defaults: nothing was written of this host" : `imported from ${from.join(", ")}`;
  return shortYaml(policy, head);
}

/** As a policy file writes it; keys in the order in which people read them. */
type Written = Readonly<Record<string, unknown>>;

function methodPolicies({ methods, fallback }: ImportedService): { defaults?: Written; methods?: Written } {
  const base = fallback ?? mostFrequent(methods.map(({ settings }) => settings));
  const all = methods.map(({ settings }) => settings);
  // A method cannot take back what the defaults say of these, only say something else.
  const inheritable =
    base !== undefined &&
    !(base.fault !== null && all.some(({ fault }) => fault === null)) &&
    !(perTryOf(base) !== null && all.some((settings) => settings.retries !== null && perTryOf(settings) === null));
  const defaults = inheritable && base !== undefined ? written(base) : undefined;
  const own = methods.filter(({ settings }) => !inheritable || !same(settings, base));
  return {
    ...(defaults !== undefined && { defaults }),
    ...(own.length > 0 && {
      methods: Object.fromEntries(own.map(({ method, settings }) => [method.name, written(settings)])),
    }),
  };
}

const perTryOf = ({ retries }: RouteSettings): number | null => (retries === null ? null : (retries?.perTryMs ?? null));
const same = (a: RouteSettings, b: RouteSettings | undefined): boolean => JSON.stringify(a) === JSON.stringify(b);

function mostFrequent(settings: readonly RouteSettings[]): RouteSettings | undefined {
  const groups = [...Map.groupBy(settings, (one) => JSON.stringify(one)).values()];
  return groups.toSorted((a, b) => b.length - a.length)[0]?.[0];
}

function written({ timeoutMs, retries, fault }: RouteSettings): Written {
  return {
    timeout: timeoutMs === null ? "none" : formatDuration(timeoutMs),
    retries: retries === null ? "none" : retriesOf(retries),
    ...(fault !== null && {
      fault: {
        ...(fault.abort && { abort: { status: fault.abort.status, percent: percent(fault.abort.percent) } }),
        ...(fault.delay && {
          delay: { fixed: formatDuration(fault.delay.fixedMs), percent: percent(fault.delay.percent) },
        }),
      },
    }),
  };
}

const defaults = istioDefaults("1.31");

/** Written out where Istio's own hold, too: a policy that says nothing of retries hides two of them. */
function retriesOf(retries: Exclude<RouteSettings["retries"], null>): Written {
  const baseMs = retries?.backoffBaseMs ?? defaults.retryBackoffBaseMs.value;
  const perTryMs = retries?.perTryMs ?? null;
  return {
    attempts: retries?.attempts ?? defaults.retryAttempts.value,
    ...(perTryMs !== null && { perTry: formatDuration(perTryMs) }),
    on: retries?.on ?? defaults.retryOn.value,
    backoff: `${formatDuration(baseMs)}..${formatDuration(10 * baseMs)}`,
  };
}

function hostPolicy(host: HostSettings): Written {
  const { connectTimeoutMs, requests, pending, connections, maxRetries, budget, ejection, loadBalancing, locality } =
    host;
  const breaker = {
    ...(requests !== undefined && { requests }),
    ...(pending !== undefined && { pending }),
    ...(connections !== undefined && { connections }),
    ...(budget !== undefined && { retryBudget: percent(budget.percent), retryMinimum: budget.minimum }),
    ...(maxRetries !== undefined && { maxRetries }),
  };
  return {
    ...(connectTimeoutMs !== undefined && { connectTimeout: formatDuration(connectTimeoutMs) }),
    ...(Object.keys(breaker).length > 0 && { breaker }),
    ejection: ejection === undefined ? "none" : ejectionOf(ejection),
    ...(loadBalancing !== undefined && { loadBalancing }),
    ...(ejection !== undefined && locality !== undefined && { locality }),
  };
}

function ejectionOf(ejection: ImportedEjection): Written | "none" {
  const { afterErrors, afterGatewayErrors, intervalMs, baseMs, maxPercent, minHealthPercent } = ejection;
  const after = [
    ...(afterGatewayErrors === null ? [] : [`${afterGatewayErrors} gateway errors`]),
    ...(afterErrors === null ? [] : [`${afterErrors} errors`]),
  ];
  if (after.length === 0) return "none";
  return {
    after: after.length === 1 ? after[0] : after,
    ...(intervalMs !== undefined && { interval: formatDuration(intervalMs) }),
    ...(baseMs !== undefined && { base: formatDuration(baseMs) }),
    ...(maxPercent !== undefined && { max: percent(maxPercent) }),
    ...(minHealthPercent !== undefined && { minHealth: percent(minHealthPercent) }),
  };
}

const percent = (share: number): string => `${share}%`;
