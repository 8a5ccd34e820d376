// Limits of concurrent requests, which hold for each client proxy by itself.
import { unlimited } from "../../model/istio-defaults.ts";
import { type Mesh, replicasOf } from "../../model/mesh.ts";
import { edgesOf } from "../calls.ts";
import { type Rule, references } from "../finding.ts";
import { servicesInEffect } from "../methods.ts";

/** Callers of a service with the number of their proxies. */
export function clientProxies(mesh: Mesh, service: string): { caller: string; proxies: number }[] {
  const callers = new Set(edgesOf(mesh).flatMap((edge) => (edge.service === service ? [edge.caller] : [])));
  return [...callers].map((caller) => ({ caller, proxies: replicasOf(mesh, caller) }));
}

/** No server of one replica works on so many at once; only looked at where concurrency is not written. */
const absurdPerReplica = 10_000;

export const breakerAboveServers: Rule = {
  code: "MESH-053",
  severity: "warning",
  title: "A breaker that trips only after the servers are full",
  why: "The limit holds in every client proxy, not for the service: twenty proxies with requests: 500 let 10,000 through. When they are more than the replicas can work on, the servers queue and time out first, and the breaker, which is there to prevent that, stays closed.",
  wrong: "concurrency: 50\nbreaker: { requests: 1000 }  # 4 proxies, 4 replicas",
  right: "concurrency: 50\nbreaker: { requests: 50 }  # 4 × 50 = 4 × 50",
  sources: [
    "https://github.com/istio/istio/issues/40576",
    "https://github.com/istio/istio/issues/42484",
    references.breaking,
  ],
  check: ({ mesh }) =>
    servicesInEffect(mesh).flatMap(({ service, policy, effective: { maxRequests }, placeOf }) => {
      if (maxRequests.value >= unlimited) return [];
      const clients = clientProxies(mesh, service);
      const proxies = clients.reduce((sum, each) => sum + each.proxies, 0);
      const through = proxies * maxRequests.value;
      const { concurrency } = policy.policy.value;
      const taken = policy.replicas * (concurrency ?? absurdPerReplica);
      if (through <= taken) return [];
      const who = clients.map((each) => `${each.proxies} of ${each.caller}`).join(", ");
      const servers =
        concurrency === undefined
          ? `${policy.replicas} replicas, ${Math.ceil(through / policy.replicas).toLocaleString("en")} each`
          : `${policy.replicas} replicas × ${concurrency} = ${taken.toLocaleString("en")} at once`;
      return [
        {
          ...placeOf(maxRequests),
          service,
          message: `${maxRequests.value} for each of ${proxies} proxies (${who}) = ${through.toLocaleString("en")} requests, for ${servers}`,
          fix: `write requests: ${Math.max(1, Math.floor(taken / Math.max(1, proxies)))} or less`,
        },
      ];
    }),
};

export const noBreaker: Rule = {
  code: "MESH-054",
  severity: "warning",
  title: "No limit of concurrent requests",
  why: "Istio's default is 2³²−1 (bare Envoy's 1,024). When the callee slows down, its callers pile up requests at it without end, instead of failing some at once and letting it work on the rest.",
  wrong: "breaker: { pending: 100 }",
  right: "breaker: { requests: 400, pending: 100 }",
  sources: [references.destinationRule, references.overload],
  check: ({ mesh }) =>
    servicesInEffect(mesh)
      .filter(({ effective }) => effective.maxRequests.value >= unlimited)
      .filter(({ service }) => clientProxies(mesh, service).length > 0)
      .map(({ service, effective, placeOf }) => ({
        ...placeOf(effective.maxRequests),
        service,
        message: "requests is not written: Istio lets 2³²−1 through at once from each client proxy",
        fix: "write breaker: { requests: … }, about what the replicas can work on divided by the client proxies",
      })),
};
