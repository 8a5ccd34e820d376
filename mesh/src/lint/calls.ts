// The calls that callers.yaml speaks of, one by one, with their lines.
import type { Path } from "../files/issues.ts";
import { findMethod, type Method } from "../model/catalog.ts";
import type { Mesh } from "../model/mesh.ts";
import { type MethodInEffect, methodsInEffect, type Place } from "./methods.ts";

export interface Edge {
  readonly caller: string;
  readonly service: string;
  readonly method: Method;
  readonly place: Place;
}

/** Every call that callers.yaml allows and the protos know. */
export function edgesOf(mesh: Mesh): Edge[] {
  return Object.entries(mesh.callers.value.callers).flatMap(([caller, { calls }]) =>
    Object.entries(calls).flatMap(([service, methods]) => {
      const at = (rest: Path): Place => mesh.callers.at(["callers", caller, "calls", service, ...rest]);
      const known = mesh.catalog.get(service)?.methods ?? [];
      if (methods === "all") return known.map((method) => ({ caller, service, method, place: at([]) }));
      return methods.flatMap((name, index) => {
        const method = findMethod(mesh.catalog, service, name);
        return method === undefined ? [] : [{ caller, service, method, place: at([index]) }];
      });
    }),
  );
}

/** A call that a method makes to be answered: `during` of callers.yaml. */
export interface Descent {
  readonly caller: string;
  readonly above: MethodInEffect;
  readonly below: MethodInEffect;
  readonly place: Place;
}

/** The steps of the call graph: a method that a workload serves, and each method it calls meanwhile. */
export function descentsOf(mesh: Mesh): Descent[] {
  const methods = methodsInEffect(mesh);
  return Object.entries(mesh.callers.value.callers).flatMap(([caller, { during }]) =>
    Object.entries(during).flatMap(([serving, services]) =>
      methods
        .filter(({ policy }) => policy?.policy.value.workload === caller)
        .filter(({ method: { name } }) => (serving === "*" ? during[name] === undefined : name === serving))
        .flatMap((above) =>
          Object.entries(services).flatMap(([service, names]) =>
            names.flatMap((name, index): Descent[] => {
              const below = methods.find((each) => each.service === service && each.method.name === name);
              if (below === undefined) return [];
              const place = mesh.callers.at(["callers", caller, "during", serving, service, index]);
              return [{ caller, above, below, place }];
            }),
          ),
        ),
    ),
  );
}

/** What the caller's own code sets on the call, in milliseconds; undefined: nothing. */
export function deadlineOf(mesh: Mesh, caller: string, service: string, method: string): number | undefined {
  const deadline = mesh.callers.value.callers[caller]?.deadline;
  if (deadline === undefined || typeof deadline === "number") return deadline;
  return deadline[`${service}/${method}`] ?? deadline[service];
}

/** Retries that the caller's own code makes on the call. */
export function codeRetriesOf(mesh: Mesh, caller: string, service: string, method: string): number {
  const retries = mesh.callers.value.callers[caller]?.retriesInCode;
  return retries?.[`${service}/${method}`] ?? retries?.[service] ?? 0;
}
