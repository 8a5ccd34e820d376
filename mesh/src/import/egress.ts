// Hosts outside the mesh: ServiceEntries say which, Sidecars who may reach them.
import type { Losses } from "./loss.ts";
import type { Resource } from "./resources.ts";
import { ignoreWide } from "./routes.ts";
import { includes, textsOf, type Workload } from "./workloads.ts";

export interface ImportedEgress {
  readonly host: string;
  readonly port: number;
  readonly protocol: "TLS" | "TCP" | "HTTPS";
}

const protocols: readonly string[] = ["TLS", "TCP", "HTTPS"];

/** By the name of the workload that may reach them. */
export function egressFrom(
  entries: readonly Resource[],
  sidecars: readonly Resource[],
  workloads: readonly Workload[],
  losses: Losses,
): Map<string, ImportedEgress[]> {
  const reach = sidecars.map((resource) => sidecarOf(resource, losses));
  const found = new Map<string, ImportedEgress[]>();
  for (const entry of entries) {
    const hosts = hostsOf(entry, losses);
    const users = workloads.filter(({ labels }) =>
      reach.some(
        ({ selector, hosts: named }) =>
          Object.keys(selector).length > 0 &&
          includes(labels, selector) &&
          hosts.some(({ host }) => named.includes(host)),
      ),
    );
    if (hosts.length > 0 && users.length === 0) {
      losses.whole(entry, "no Sidecar says who may reach it; write it under `egress` of its callers in callers.yaml");
    }
    for (const { name } of users) found.set(name, [...(found.get(name) ?? []), ...hosts]);
  }
  for (const { resource, selector, closed } of reach) {
    const [workload] = workloads.filter(({ labels }) => Object.keys(selector).length > 0 && includes(labels, selector));
    if (closed && (workload === undefined || !found.has(workload.name))) {
      losses.part(
        resource,
        resource.spec.peek("outboundTrafficPolicy"),
        "hosts outside the mesh are open to a workload that names none",
      );
    }
  }
  return found;
}

function sidecarOf(resource: Resource, losses: Losses) {
  const { spec } = resource;
  const selector = textsOf(spec.map("workloadSelector")?.map("labels"));
  // `./host`, `*/host` or `namespace/host`; which hosts of the mesh a proxy knows follows from callers.yaml.
  const hosts = spec
    .list("egress")
    .flatMap((listener) => listener.texts("hosts"))
    .map((host) => host.slice(host.indexOf("/") + 1));
  const closed = spec.map("outboundTrafficPolicy")?.text("mode") === "REGISTRY_ONLY";
  losses.unread(resource, spec);
  return { resource, selector, hosts, closed };
}

function hostsOf(entry: Resource, losses: Losses): ImportedEgress[] {
  const { spec } = entry;
  ignoreWide(spec);
  const location = spec.text("location") ?? "MESH_EXTERNAL";
  if (location !== "MESH_EXTERNAL" || spec.has("endpoints") || spec.has("workloadSelector")) {
    losses.whole(entry, "hosts with endpoints of their own are not part of a policy");
    return [];
  }
  spec.ignore("resolution");
  const ports = spec.list("ports").map((port) => {
    port.ignore("name");
    return { port: port.number("number") ?? 0, protocol: port.text("protocol") ?? "TCP", part: port };
  });
  const hosts = spec.texts("hosts").flatMap((host) =>
    ports.flatMap(({ port, protocol, part }): ImportedEgress[] => {
      if (protocols.includes(protocol)) return [{ host, port, protocol: protocol as ImportedEgress["protocol"] }];
      losses.part(entry, part, `${protocol} becomes TCP`);
      return [{ host, port, protocol: "TCP" }];
    }),
  );
  losses.unread(entry, spec);
  return hosts;
}
