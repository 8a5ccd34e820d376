import type { Mesh } from "@ordermesh/mesh";
import type { RunPhase } from "../options.ts";
import type { Upstreams } from "../processes/topology.ts";
import type { StartSidecarsOptions, SupervisedSidecar } from "./start-sidecars.ts";

/** The policies, read, and what they need to be put in force. */
export interface MeshPlan {
  readonly mesh: Mesh;
  readonly upstreams: Upstreams;
}

/** Reads the policies. Nothing of a mesh is loaded where none is wanted. */
export async function planMesh(phase: RunPhase): Promise<MeshPlan> {
  const { readMesh, upstreamsOf } = await import("./read-mesh.ts");
  return phase("Mesh policies", async () => {
    const mesh = await readMesh();
    return { mesh, upstreams: upstreamsOf(mesh) };
  });
}

/** Puts a sidecar beside every process; without a plan there are none. */
export async function startMesh(
  plan: MeshPlan | undefined,
  options: Omit<StartSidecarsOptions, "installation" | "mesh"> & {
    readonly phase: RunPhase;
    readonly signal?: AbortSignal | undefined;
  },
  cleanUp: AsyncDisposableStack,
): Promise<readonly SupervisedSidecar[]> {
  if (plan === undefined) return [];
  const { getEnvoy, startSidecars } = await import("./start-sidecars.ts");
  const installation = await options.phase("Envoy", (progress) => getEnvoy(progress, options.signal));
  return options.phase("Sidecars", (progress) => {
    progress(`${options.topology.sidecars.length} of them`);
    return startSidecars({ ...options, installation, mesh: plan.mesh }, cleanUp);
  });
}
