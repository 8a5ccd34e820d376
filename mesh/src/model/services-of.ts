import type { Mesh } from "./mesh.ts";

/** Full names of the gRPC services that a workload serves, sorted. */
export function servicesOf(mesh: Mesh, workload: string): string[] {
  return [...mesh.services]
    .filter(([, { policy }]) => policy.value.workload === workload)
    .map(([service]) => service)
    .sort();
}
