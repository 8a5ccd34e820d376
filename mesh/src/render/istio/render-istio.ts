// The policies as Istio's resources.
import { type Mesh, workloadsOf } from "../../model/mesh.ts";
import { allowCallers, denyAll, strictMutualTls } from "./authorization.ts";
import { destinationRule } from "./destination-rule.ts";
import { edgeAuthorization, edgeTraffic } from "./gateway.ts";
import { type IstioPlacement, placedEntry, placedSidecars } from "./placement.ts";
import type { IstioResource } from "./resource.ts";
import { type ServedWorkload, servedWorkloads } from "./served-workloads.ts";
import { egressEntries, sidecar } from "./sidecar.ts";
import { failedCallsLog } from "./telemetry.ts";
import { virtualService } from "./virtual-service.ts";

export interface RenderOptions {
  /** For a mesh without pods, on one machine: where its workloads are. */
  readonly placement?: IstioPlacement;
}

/**
 * @returns every resource of the mesh: first those of the whole mesh, then those of each workload
 * @throws MeshFilesError naming each value that the policies say and Istio cannot
 */
export function renderIstio(mesh: Mesh, { placement }: RenderOptions = {}): IstioResource[] {
  const served = servedWorkloads(mesh);
  const policies = served.flatMap((one) => present([...traffic(mesh, one), allowCallers(mesh, one)]));
  if (placement === undefined) {
    const sidecars = workloadsOf(mesh).map((workload) => sidecar(mesh, workload));
    return [...meshWide(mesh), ...egressEntries(mesh), ...policies, ...edge(mesh), ...sidecars];
  }
  const entries = present(served.map((one) => placedEntry(mesh, placement, one)));
  // No ingress gateway stands in front of a mesh on one machine, and its routes would lead to a host that is not there.
  return [
    ...meshWide(mesh),
    ...policies,
    ...edgeAuthorization(mesh),
    ...entries,
    ...placedSidecars(mesh, placement, served),
  ];
}

const meshWide = (mesh: Mesh): IstioResource[] => [strictMutualTls(mesh), denyAll(mesh), failedCallsLog(mesh)];

const traffic = (mesh: Mesh, served: ServedWorkload): IstioResource[] => [
  virtualService(mesh, served),
  destinationRule(mesh, served),
];

const edge = (mesh: Mesh): IstioResource[] => [...edgeTraffic(mesh), ...edgeAuthorization(mesh)];

const present = (resources: readonly (IstioResource | undefined)[]): IstioResource[] =>
  resources.filter((resource) => resource !== undefined);

/** The mesh's resources file by file, as they are kept under `rendered/`. */
export function renderedByFile(mesh: Mesh): ReadonlyMap<string, readonly IstioResource[]> {
  const served = servedWorkloads(mesh);
  const gateway = mesh.settings.value.gateway?.workload;
  const files = new Map<string, readonly IstioResource[]>([["mesh", [...meshWide(mesh), ...egressEntries(mesh)]]]);
  for (const workload of workloadsOf(mesh)) {
    const serves = served.find((one) => one.workload === workload);
    files.set(workload, [
      ...(serves === undefined ? [] : [...traffic(mesh, serves), ...present([allowCallers(mesh, serves)])]),
      ...(workload === gateway ? edge(mesh) : []),
      sidecar(mesh, workload),
    ]);
  }
  return files;
}
