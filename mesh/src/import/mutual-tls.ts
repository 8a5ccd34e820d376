// Whether connections are mutual TLS today: the mesh that is written insists on it.
import type { Losses } from "./loss.ts";
import type { Resource } from "./resources.ts";
import { includes, textsOf, type Workload } from "./workloads.ts";

/** Names what STRICT for the whole namespace changes at the workloads that serve. */
export function compareMutualTls(resources: readonly Resource[], workloads: readonly Workload[], losses: Losses): void {
  const policies = resources.map((resource) => {
    const { spec } = resource;
    const selector = textsOf(spec.map("selector")?.map("matchLabels"));
    const mode = spec.map("mtls")?.text("mode") ?? "UNSET";
    losses.unread(resource, spec);
    return { resource, selector, mode, wide: Object.keys(selector).length === 0 };
  });
  // The narrowest that says something decides: of the workload, of the namespace, of the mesh.
  for (const workload of workloads) {
    const selecting = policies
      .filter(({ selector, mode }) => mode !== "UNSET" && includes(workload.labels, selector))
      .toSorted((a, b) => Number(a.wide) - Number(b.wide));
    const [decides] = selecting;
    const change = `${workload.name} takes calls without mutual TLS today; here they are refused`;
    if (decides === undefined)
      losses.missing(`PeerAuthentication for ${workload.name}`, `${change} (PERMISSIVE where none is)`);
    else if (decides.mode !== "STRICT")
      losses.part(decides.resource, decides.resource.spec.peek("mtls"), `${decides.mode}: ${change}`);
  }
}
