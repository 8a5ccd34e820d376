// Whose sidecar a dump is of.
import { type Mesh, workloadsOf } from "../model/mesh.ts";
import { DumpError, type ProxyNode } from "./read-dump.ts";

/**
 * As the node says of itself: this tool writes the workload into `node.cluster`; istiod's sidecars have the label
 * `app`, the name of the workload and the service account in their metadata, and `<app>.<namespace>` as the cluster.
 * @throws DumpError when none of them is a workload of the mesh
 */
export function whichWorkload(mesh: Mesh, node: ProxyNode): string {
  const labels = node.metadata["LABELS"];
  const app = typeof labels === "object" && labels !== null && "app" in labels ? labels.app : undefined;
  const { WORKLOAD_NAME: workload, SERVICE_ACCOUNT: account } = node.metadata;
  const says = [node.cluster, app, workload, account, node.cluster.split(".")[0]];
  const known = workloadsOf(mesh);
  const found = says.find((name) => typeof name === "string" && known.includes(name));
  if (typeof found === "string") return found;
  throw new DumpError(
    `the node "${node.id}" of cluster "${node.cluster}" is no workload of the mesh (${known.join(", ")}); name it with --workload`,
  );
}
