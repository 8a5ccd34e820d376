// The second policy of a comparison: another environment of the same folder, or another folder.

import { stat } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "../exit-codes.ts";
import { loadMesh } from "../files/load-mesh.ts";
import type { Mesh } from "../model/mesh.ts";

/** @throws UsageError where it is neither; MeshFilesError for a folder whose files have faults */
export async function openOther(mesh: Mesh, given: string): Promise<Mesh> {
  const { environments } = mesh.settings.value;
  if (environments.includes(given)) return loadMesh(mesh.folder, given);
  const isMesh = await stat(join(given, "mesh.yaml")).then(
    (found) => found.isFile(),
    () => false,
  );
  if (isMesh) return loadMesh(given, mesh.environment);
  const allowed = `an environment (${environments.join(", ")}) or a folder with a mesh.yaml`;
  throw new UsageError(`--against ${given}: neither of what is allowed: ${allowed}`);
}
