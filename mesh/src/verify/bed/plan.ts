// Which instances take part.
import { type Mesh, replicasOf, workloadsOf } from "../../model/mesh.ts";
import type { BedPlan, InstancePlan } from "./bed.ts";

const named = (workload: string, count: number): InstancePlan[] =>
  Array.from({ length: count }, (_, index) => ({ name: `${workload}-${index + 1}` }));

/** Everything that the environment runs, or as many of some workloads as said. */
export function wholePlan(mesh: Mesh, counts: Readonly<Record<string, number>> = {}): BedPlan {
  const workloads = workloadsOf(mesh).map((workload) => [
    workload,
    named(workload, counts[workload] ?? replicasOf(mesh, workload)),
  ]);
  return { mesh, workloads: Object.fromEntries(workloads) };
}
