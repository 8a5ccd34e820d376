import type { CredentialFiles } from "@ordermesh/engines/envoy";
import type { EnvoyPlacement } from "@ordermesh/mesh";
import { type SidecarInstance, serviceNames, type Topology } from "../processes/topology.ts";

/** Where a sidecar listens, and where it finds its own process and the sidecars of those that it calls. */
export function placementOf(sidecar: SidecarInstance, topology: Topology, files: CredentialFiles): EnvoyPlacement {
  const process = topology.services.find(({ name }) => name === sidecar.of);
  const outbound = serviceNames.flatMap((service) => {
    const listen = sidecar.outbound[service];
    if (listen === undefined) return [];
    const endpoints = topology.sidecars
      .filter(({ workload }) => workload === service)
      .flatMap(({ inbound }) => (inbound === undefined ? [] : [hostPort(inbound)]));
    const { address, port } = hostPort(listen);
    return [[service, { listenAddress: address, listenPort: port, endpoints }] as const];
  });
  return {
    nodeId: sidecar.name,
    adminPort: hostPort(sidecar.admin).port,
    ...(sidecar.inbound === undefined || process === undefined
      ? {}
      : { inbound: { ...hostPort(sidecar.inbound), ...appAt(process.grpc) } }),
    outbound: Object.fromEntries(outbound),
    credentials: {
      certificateFile: files.certificateFile,
      privateKeyFile: files.privateKeyFile,
      authorityFile: files.caFile,
    },
  };
}

function appAt(grpc: string): { appAddress: string; appPort: number } {
  const { address, port } = hostPort(grpc);
  return { appAddress: address, appPort: port };
}

function hostPort(text: string): { address: string; port: number } {
  const [address = "", port = ""] = text.split(":");
  return { address, port: Number(port) };
}
