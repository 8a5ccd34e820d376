// Who calls which workload, with what is in effect for each method.
import type { Method } from "../../model/catalog.ts";
import { findMethod } from "../../model/catalog.ts";
import type { EffectiveCall } from "../../model/effective.ts";
import { type Mesh, replicasOf } from "../../model/mesh.ts";
import { allowedCalls } from "../../model/resolve-effective.ts";

export interface EdgeCall extends EffectiveCall {
  readonly declared: Method;
}

/** A caller and a service that it may call. */
export interface Edge {
  readonly caller: string;
  readonly service: string;
  readonly workload: string;
  /** Of the workload called. */
  readonly replicas: number;
  /** Never empty. */
  readonly calls: readonly [EdgeCall, ...EdgeCall[]];
}

/** Every edge of callers.yaml to a service that has a policy, in its order. */
export function edgesOf(mesh: Mesh): Edge[] {
  const groups = Map.groupBy(allowedCalls(mesh), ({ caller, service }) => `${caller} ${service}`);
  return [...groups.values()].flatMap((calls) => {
    const declared = calls.flatMap((call) => {
      const method = findMethod(mesh.catalog, call.service, call.method);
      return method === undefined ? [] : [{ ...call, declared: method }];
    });
    const [first, ...rest] = declared;
    if (first === undefined) return [];
    const workload = mesh.services.get(first.service)?.policy.value.workload;
    if (workload === undefined) return [];
    const { caller, service } = first;
    return [{ caller, service, workload, replicas: replicasOf(mesh, workload), calls: [first, ...rest] as const }];
  });
}

/** `gateway → inventory`. */
export const nameOf = ({ caller, workload }: Pick<Edge, "caller" | "workload">): string => `${caller} → ${workload}`;

/** Runs edges to different workloads side by side, and those to the same one after the other: they share its servers. */
export async function perWorkload<T>(edges: readonly Edge[], run: (edge: Edge) => Promise<readonly T[]>): Promise<T[]> {
  const results = new Map<Edge, readonly T[]>();
  const groups = Map.groupBy(edges, ({ workload }) => workload);
  await Promise.all(
    [...groups.values()].map(async (group) => {
      for (const edge of group) results.set(edge, await run(edge));
    }),
  );
  return edges.flatMap((edge) => results.get(edge) ?? []);
}
