// The calls that a workload takes: whom its sidecar lets in, against what the policies say.
import { type Mesh, spiffeId, workloadsOf } from "../model/mesh.ts";
import { resolveEffective } from "../model/resolve-effective.ts";
import { servicesOf } from "../model/services-of.ts";
import { fromDefault, type Sourced } from "../model/source.ts";
import type { Compared } from "./compare-outbound.ts";
import type { Difference } from "./difference.ts";
import { type Inbound, inboundOf } from "./inbound-values.ts";
import type { Verdict } from "./rbac-verdict.ts";
import type { ProxyDump } from "./read-dump.ts";

interface Candidate {
  readonly name: string;
  readonly principal: string;
}

export function compareInbound(mesh: Mesh, dump: ProxyDump, workload: string): Compared {
  const parts = servicesOf(mesh, workload).map((service) => compareService(mesh, dump, service));
  return {
    count: parts.reduce((sum, { count }) => sum + count, 0),
    differences: parts.flatMap(({ differences }) => differences),
  };
}

function compareService(mesh: Mesh, dump: ProxyDump, service: string): Compared {
  const inbound = inboundOf(dump, mesh.services.get(service)?.policy.value.port.number ?? 0);
  const every = { caller: "every caller", service, method: "every method" };
  const mtls = resolveEffective(mesh, "", service, "").effective.mtls;
  if (inbound === undefined) {
    const policy = { value: "takes calls", source: mtls.source };
    const proxy = { value: "none", where: "no listener takes calls from outside" };
    return { count: 1, differences: [{ ...every, field: "listener", policy, proxy }] };
  }
  const differences: Difference[] = [];
  if (inbound.mtls !== mtls.value) {
    const proxy = { value: inbound.mtls, where: whereIs(inbound) };
    differences.push({ ...every, field: "mTLS", policy: { value: mtls.value, source: mtls.source }, proxy });
  }
  const rights = candidatesOf(mesh, inbound).flatMap((caller) =>
    methodsOf(mesh, service).map((method) => ({ caller, method, says: rightOf(mesh, caller, service, method) })),
  );
  for (const { caller, method, says } of rights) {
    const verdict = inbound.may(caller.principal, `/${service}/${method ?? "AnyOther"}`);
    if (verdict === says.value) continue;
    differences.push({
      caller: caller.name,
      service,
      method: method ?? "any other",
      field: "authorization",
      policy: { value: wordOf(says.value), source: says.source },
      proxy: { value: wordOf(verdict), where: whereIs(inbound) },
    });
  }
  return { count: rights.length + 1, differences };
}

/** undefined stands for a method that the protos do not have. */
const methodsOf = (mesh: Mesh, service: string): (string | undefined)[] => [
  ...(mesh.catalog.get(service)?.methods.map(({ name }) => name) ?? []),
  undefined,
];

/** Everyone in the mesh, everyone whom the rules name, and someone with a certificate whom nobody knows. */
function candidatesOf(mesh: Mesh, { principals }: Inbound): Candidate[] {
  const known = workloadsOf(mesh).map((name) => ({ name, principal: spiffeId(mesh, name) }));
  const others = principals.filter((principal) => !known.some((one) => one.principal === principal));
  const { trustDomain, namespace } = mesh.settings.value;
  const stranger = `spiffe://${trustDomain}/ns/${namespace}/sa/nobody-whom-the-mesh-knows`;
  return [
    ...known,
    ...others.map((principal) => ({ name: principal, principal })),
    { name: "anyone else", principal: stranger },
  ];
}

/** Workloads that share an identity share their rights: a proxy cannot tell them apart. */
function rightOf(mesh: Mesh, { principal }: Candidate, service: string, method: string | undefined): Sourced<boolean> {
  const holders = workloadsOf(mesh).filter((name) => spiffeId(mesh, name) === principal);
  const rights = holders.map((name) => resolveEffective(mesh, name, service, method ?? "").effective.allowed);
  const nobody = fromDefault("mesh", "callers.yaml does not know this caller", false);
  // "all" means all that the protos have.
  if (method === undefined) return fromDefault("mesh", "callers.yaml allows methods of the protos only", false);
  return rights.find(({ value }) => value) ?? rights[0] ?? nobody;
}

const wordOf = (verdict: Verdict): string => {
  if (verdict === undefined) return "depends on what a dump does not tell";
  return verdict ? "allowed" : "denied";
};

const whereIs = ({ listeners }: Inbound): string => `listener ${listeners.join(", ")}, RBAC filters`;
