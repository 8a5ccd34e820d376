// The callers of an imported mesh: every identity that a policy names, every workload that serves, and the edge.
import { type Allowed, allowedAt, type Identity, type ImportedPolicy, principalOf } from "./authorization.ts";
import type { egressFrom } from "./egress.ts";
import type { Losses } from "./loss.ts";
import type { ImportedCaller } from "./mesh-text.ts";
import type { ImportedService } from "./policy-text.ts";
import type { Workload } from "./workloads.ts";

/** That of the first identity that a policy names; Istio's default where none does. */
export function trustDomainOf(policies: readonly ImportedPolicy[]): string {
  const identities = policies.flatMap(({ rules }) => rules.flatMap(({ from }) => from));
  return identities.flatMap((one) => (one.kind === "exact" ? one.identity.trustDomain : []))[0] ?? "cluster.local";
}

export interface CallersInput {
  readonly services: readonly ImportedService[];
  readonly policies: readonly ImportedPolicy[];
  readonly workloads: ReadonlyMap<string, Workload>;
  readonly namespace: string;
  readonly trustDomain: string;
  readonly edge: string | undefined;
  readonly egress: ReturnType<typeof egressFrom>;
}

export function callersOf(input: CallersInput, losses: Losses): ImportedCaller[] {
  const { services, policies, workloads, namespace, trustDomain, edge, egress } = input;
  const identityOf = ({ serviceAccount }: Workload): Identity => ({ trustDomain, namespace, serviceAccount });
  const named = policies.flatMap(({ rules }) =>
    rules.flatMap(({ from }) => from.flatMap((one) => (one.kind === "exact" ? one.identity : []))),
  );
  const candidates = [
    ...named.filter((identity) => identity.namespace === namespace),
    ...services.map(({ workload }) => identityOf(workload)),
    ...[edge ?? [], ...egress.keys()].flat().flatMap((name) => {
      const workload = workloads.get(name);
      return workload === undefined ? [] : [identityOf(workload)];
    }),
  ];
  const known = [...new Map(candidates.map((identity) => [principalOf(identity), identity])).values()];
  const allowed = services.map(({ service, workload, methods }) => ({
    service,
    allowed: allowedAt(
      workload,
      methods.map(({ method }) => method),
      policies,
      { known, namespace },
      losses,
    ),
  }));
  return known.flatMap((identity) => {
    const calls = new Map(allowed.flatMap(({ service, allowed: at }) => callsOf(identity, service, at)));
    // Several workloads may run under one account, and then all of them may make its calls.
    const running = [...workloads.values()].filter(({ serviceAccount }) => serviceAccount === identity.serviceAccount);
    const named = running.length > 0 ? running : [{ name: nameOfAccount(identity, workloads), replicas: undefined }];
    return named.flatMap(({ name, replicas }): ImportedCaller[] => {
      const reach = egress.get(name) ?? [];
      const isServed = services.some(({ workload }) => workload.name === name);
      const says = calls.size > 0 || reach.length > 0 || name === edge || !isServed || identity.serviceAccount !== name;
      // How many proxies a workload has that serves, its policy says.
      const counted = isServed ? undefined : replicas;
      return says ? [{ name, identity, edge: name === edge, replicas: counted, calls, egress: reach }] : [];
    });
  });
}

/** Not that of a workload which runs under another account. */
const nameOfAccount = ({ serviceAccount }: Identity, workloads: CallersInput["workloads"]): string =>
  workloads.has(serviceAccount) ? `${serviceAccount}-account` : serviceAccount;

function callsOf(identity: Identity, service: string, allowed: readonly Allowed[]): [string, string[]][] {
  const methods = allowed
    .filter(({ caller }) => principalOf(caller) === principalOf(identity))
    .flatMap((one) => one.methods.map(({ name }) => name));
  return methods.length === 0 ? [] : [[service, methods]];
}
