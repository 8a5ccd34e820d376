// Who may call what: every workload against every method. The mesh decides by identity, so workloads that share one
// share its rights.

import { type Mesh, spiffeId, workloadsOf } from "../model/mesh.ts";
import { resolveEffective } from "../model/resolve-effective.ts";
import { describeSource } from "../model/source.ts";

export interface Verdict {
  readonly caller: string;
  readonly identity: string;
  readonly service: string;
  readonly method: string;
  readonly allowed: boolean;
  /** The line that allows it; why it is denied otherwise. */
  readonly because: string;
}

/** In the order of the protos, callers sorted; services of the protos without a policy are not in the mesh. */
export function authorizationMatrix(mesh: Mesh): Verdict[] {
  const callers = workloadsOf(mesh).map((caller) => ({ caller, identity: spiffeId(mesh, caller) }));
  const methods = [...mesh.catalog.values()]
    .filter(({ name }) => mesh.services.has(name))
    .flatMap((service) => service.methods);
  return methods.flatMap(({ service, name }) =>
    callers.map(({ caller, identity }) => {
      const sharing = callers.filter((other) => other.identity === identity).map((other) => other.caller);
      const own = verdictOf(mesh, caller, service, name);
      // Its own line goes first: that of another with the same identity is a surprise, and is named.
      const granted = own.allowed
        ? own
        : sharing.map((other) => verdictOf(mesh, other, service, name)).find(({ allowed }) => allowed);
      return { caller, identity, service, method: name, ...(granted ?? own) };
    }),
  );
}

function verdictOf(mesh: Mesh, caller: string, service: string, method: string): Pick<Verdict, "allowed" | "because"> {
  const { value, source } = resolveEffective(mesh, caller, service, method).effective.allowed;
  return { allowed: value, because: describeSource(source) };
}
