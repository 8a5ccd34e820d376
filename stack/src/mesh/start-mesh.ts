import type { EnvoyInstallation } from "@ordermesh/engines/envoy";
import type { Mesh } from "@ordermesh/mesh";
import type { RunPhase } from "../options.ts";
import type { Killable } from "../processes/supervised-server.ts";
import type { Upstreams } from "../processes/topology.ts";
import type { StartSidecarsOptions } from "./start-sidecars.ts";

/** The policies, read, and what they need to be put in force. */
export interface MeshPlan {
  readonly mesh: Mesh;
  readonly upstreams: Upstreams;
  readonly installation: EnvoyInstallation;
}

/** Reads the policies and finds Envoy, before anything runs that a fault would have to end. */
export async function planMesh(phase: RunPhase, signal: AbortSignal | undefined): Promise<MeshPlan> {
  // Nothing of a mesh is loaded where none is wanted.
  const [{ readMesh, upstreamsOf }, { getEnvoy }] = await Promise.all([
    import("./read-mesh.ts"),
    import("./start-sidecars.ts"),
  ]);
  const mesh = await phase("Mesh policies", readMesh);
  const installation = await phase("Envoy", (progress) => getEnvoy(progress, signal));
  return { mesh, upstreams: upstreamsOf(mesh), installation };
}

/** Puts a sidecar beside every process; without a plan there are none. */
export async function startMesh(
  plan: MeshPlan | undefined,
  options: Omit<StartSidecarsOptions, "installation" | "mesh"> & { readonly phase: RunPhase },
  cleanUp: AsyncDisposableStack,
): Promise<readonly Killable[]> {
  if (plan === undefined) return [];
  const { startSidecars } = await import("./start-sidecars.ts");
  const { mesh, installation } = plan;
  return options.phase("Sidecars", (progress) => {
    progress(`${options.topology.sidecars.length} of them`);
    return startSidecars({ ...options, installation, mesh }, cleanUp);
  });
}
