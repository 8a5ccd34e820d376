// The calls that a workload makes: what its sidecar does with each, against what the policies say.
import type { Effective, EffectiveField } from "../model/effective.ts";
import { effectiveFields } from "../model/format-effective.ts";
import { hostOf, type Mesh, spiffeId } from "../model/mesh.ts";
import { allowedCalls } from "../model/resolve-effective.ts";
import { fromDefault, type Source } from "../model/source.ts";
import { clusterValues } from "./cluster-values.ts";
import type { Difference } from "./difference.ts";
import { type Callee, type FoundRoute, findRoute } from "./find-route.ts";
import {
  type ConstantValues,
  constantFields,
  formatProxyValue,
  isConstant,
  type ProxyField,
  type ProxyValues,
  proxyLabelOf,
} from "./proxy-values.ts";
import type { ProxyDump } from "./read-dump.ts";
import { routeValues } from "./route-values.ts";
import { sameEffect } from "./same-effect.ts";
import { tlsOfCluster } from "./tls-values.ts";

export interface Compared {
  /** How many calls, or rights, were looked at. */
  readonly count: number;
  readonly differences: readonly Difference[];
}

/** Authorization is the callee's to say, and stands in its dump. */
const fields: readonly ProxyField[] = [...effectiveFields.filter((field) => field !== "allowed"), ...constantFields];

export function compareOutbound(mesh: Mesh, dump: ProxyDump, caller: string): Compared {
  const calls = allowedCalls(mesh).filter((call) => call.caller === caller && mesh.services.has(call.service));
  const differences = calls.flatMap(({ service, method, effective }): Difference[] => {
    const callee = calleeOf(mesh, service);
    const found = findRoute(dump, callee, `/${service}/${method}`);
    const call = { caller, service, method };
    if (found === undefined) return [{ ...call, ...noRoute(callee, effective) }];
    const proxy = proxyValues(dump, found);
    const policy = policyValues(mesh, callee, effective);
    return fields
      .filter((field) => !sameEffect(field, policy, proxy))
      .map((field) => ({
        ...call,
        field: proxyLabelOf(field),
        policy: { value: formatProxyValue(field, policy[field]), source: sourceOf(field, effective) },
        proxy: { value: formatProxyValue(field, proxy[field]), where: whereIs(field, found) },
      }));
  });
  return { count: calls.length, differences };
}

function calleeOf(mesh: Mesh, service: string): Callee {
  const { workload = "", port } = mesh.services.get(service)?.policy.value ?? {};
  return { workload, host: hostOf(mesh, workload), port: port?.number ?? 0 };
}

function noRoute({ workload, host }: Callee, effective: Effective): Pick<Difference, "field" | "policy" | "proxy"> {
  return {
    field: "route",
    policy: { value: `to ${workload}`, source: effective.allowed.source },
    proxy: { value: "none", where: `no listener has a route to a cluster of ${host}` },
  };
}

function proxyValues(dump: ProxyDump, found: FoundRoute): ProxyValues {
  return {
    ...routeValues(found),
    ...clusterValues(dump, found.cluster, found.route.route?.priority ?? "DEFAULT"),
    ...tlsOfCluster(dump, found.cluster),
  };
}

function policyValues(mesh: Mesh, { workload }: Callee, effective: Effective): ProxyValues {
  const value = <Field extends EffectiveField>(field: Field) => effective[field].value as Effective[Field]["value"];
  const constant: ConstantValues = {
    honoursDeadlines: true,
    retriesElsewhere: true,
    ejectsBySuccessRate: false,
    ejectsByFailureShare: false,
    calleeIdentities: [spiffeId(mesh, workload)],
  };
  const written = Object.fromEntries(effectiveFields.map((field) => [field, value(field)]));
  return { ...(written as unknown as Omit<ProxyValues, keyof ConstantValues>), ...constant };
}

function sourceOf(field: ProxyField, effective: Effective): Source {
  if (!isConstant(field)) return effective[field].source;
  return fromDefault("mesh", "rendered so for every call", true).source;
}

const inRoute = /^(timeout|retry(?!Budget)|retries|fault|honours)/;

function whereIs(field: ProxyField, { listener, virtualHost, route, cluster }: FoundRoute): string {
  if (!inRoute.test(field)) return `cluster ${cluster.name}`;
  const name = route.name === "" ? "a route without a name" : `route ${route.name}`;
  return `listener ${listener.name}, virtual host ${virtualHost.name}, ${name}`;
}
