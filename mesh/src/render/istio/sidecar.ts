// What a workload's proxy knows of: the hosts that the workload may call, and no others.
import { callerOf, hostOf, type Mesh, workloadsCalledBy } from "../../model/mesh.ts";
import { appLabel, metadata, type ServiceEntry, type Sidecar } from "./resource.ts";

export function sidecar(mesh: Mesh, workload: string): Sidecar {
  const egress = callerOf(mesh, workload)?.egress ?? [];
  const hosts = [
    ...workloadsCalledBy(mesh, workload).map((called) => `./${hostOf(mesh, called)}`),
    ...egress.map(({ host }) => `./${host}`),
  ];
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "Sidecar",
    metadata: metadata(mesh, workload),
    spec: {
      workloadSelector: { labels: appLabel(workload) },
      egress: [{ hosts: hosts.length === 0 ? ["~/*"] : hosts }],
      // Databases and brokers are outside the mesh as well: only whoever lists what it needs is held to the list.
      ...(egress.length > 0 && { outboundTrafficPolicy: { mode: "REGISTRY_ONLY" } }),
    },
  };
}

/** One for each host outside the mesh; Sidecars say who may reach it. */
export function egressEntries(mesh: Mesh): ServiceEntry[] {
  const all = Object.values(mesh.callers.value.callers).flatMap(({ egress }) => egress);
  return [...Map.groupBy(all, ({ host }) => host)]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([host, uses]): ServiceEntry => {
      const ports = new Map(uses.map(({ port, protocol }) => [port, protocol]));
      return {
        apiVersion: "networking.istio.io/v1",
        kind: "ServiceEntry",
        metadata: metadata(mesh, host.replaceAll(/[^a-z0-9-]+/g, "-")),
        spec: {
          hosts: [host],
          exportTo: ["."],
          location: "MESH_EXTERNAL",
          resolution: "DNS",
          ports: [...ports]
            .sort(([a], [b]) => a - b)
            .map(([number, protocol]) => ({ number, name: `${protocol.toLowerCase()}-${number}`, protocol })),
        },
      };
    });
}
