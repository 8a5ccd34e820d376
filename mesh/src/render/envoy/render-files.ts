// The bootstraps of all workloads of an environment, as they are committed.
import type { Mesh } from "../../model/mesh.ts";
import { workloadsOf } from "../../model/mesh.ts";
import { bootstrapJson, renderEnvoy } from "./bootstrap.ts";
import { placeholderPlacement } from "./placeholder-placement.ts";

/**
 * @returns text by path below `rendered/`, `envoy/<environment>/<workload>.json`, in the order of the alphabet
 * @throws EnvoyRenderError
 */
export function renderEnvoyFiles(mesh: Mesh): ReadonlyMap<string, string> {
  return new Map(
    workloadsOf(mesh).map((workload) => [
      `envoy/${mesh.environment}/${workload}.json`,
      bootstrapJson(renderEnvoy(mesh, workload, placeholderPlacement(mesh, workload))),
    ]),
  );
}
