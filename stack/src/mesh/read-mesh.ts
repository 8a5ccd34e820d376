import { fileURLToPath } from "node:url";
import { loadMesh, type Mesh, MeshFilesError, workloadsCalledBy } from "@ordermesh/mesh";
import { type ServiceName, serviceNames, type Upstreams } from "../processes/topology.ts";
import { UserError } from "../user-error.ts";

const meshFolder = fileURLToPath(new URL("../../../mesh", import.meta.url));

/** The policies of this machine's environment. */
export async function readMesh(): Promise<Mesh> {
  try {
    return await loadMesh(meshFolder, "local");
  } catch (cause) {
    throw cause instanceof MeshFilesError ? new UserError(cause.code, cause.message, { cause }) : cause;
  }
}

/** Which services each program may call, as the mesh's caller table says. */
export function upstreamsOf(mesh: Mesh): Upstreams {
  const isService = (name: string): name is ServiceName => serviceNames.some((known) => known === name);
  return Object.fromEntries(
    ["gateway", ...serviceNames].map((program) => [program, workloadsCalledBy(mesh, program).filter(isService)]),
  );
}
