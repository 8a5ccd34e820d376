// Where things are in the bootstraps that are committed: nowhere in particular, by a rule, so that they can be read and
// compared. Real addresses come from whoever starts the sidecars.
import { type Mesh, replicasOf, workloadsCalledBy, workloadsOf } from "../../model/mesh.ts";
import { servicesOf } from "../../model/services-of.ts";
import type { EnvoyOutbound, EnvoyPlacement } from "./placement.ts";

const credentials = "/etc/mesh/credentials";
const zones = 3;

/**
 * The rule, for the n-th workload in the order of the alphabet, counted from 1:
 * - the sidecar of its k-th replica listens on 127.0.n.k, at the port of its service, in the zone k modulo 3;
 * - the application is on 127.0.0.1 at that port;
 * - those who call it find it on 127.1.0.n at that port;
 * - the sidecar rendered is that of replica 1, and its admin port is 15000.
 */
export function placeholderPlacement(mesh: Mesh, workload: string): EnvoyPlacement {
  const port = portOf(mesh, workload);
  const address = `127.0.${numberOf(mesh, workload)}.1`;
  return {
    nodeId: `${workload}-1`,
    adminPort: 15_000,
    zone: zoneOf(1),
    ...(port !== undefined && { inbound: { address, port, appAddress: "127.0.0.1", appPort: port } }),
    outbound: Object.fromEntries(workloadsCalledBy(mesh, workload).map((called) => [called, outboundTo(mesh, called)])),
    credentials: {
      certificateFile: `${credentials}/cert-chain.pem`,
      privateKeyFile: `${credentials}/key.pem`,
      authorityFile: `${credentials}/root-cert.pem`,
    },
  };
}

function outboundTo(mesh: Mesh, called: string): EnvoyOutbound {
  const n = numberOf(mesh, called);
  const port = portOf(mesh, called) ?? 0;
  const replicas = Array.from({ length: replicasOf(mesh, called) }, (_, index) => index + 1);
  return {
    listenAddress: `127.1.0.${n}`,
    listenPort: port,
    endpoints: replicas.map((k) => ({ address: `127.0.${n}.${k}`, port, zone: zoneOf(k) })),
  };
}

const numberOf = (mesh: Mesh, workload: string): number => workloadsOf(mesh).indexOf(workload) + 1;

const zoneOf = (replica: number): string => `zone-${((replica - 1) % zones) + 1}`;

/** Of several services that a workload serves, the port of the first. */
function portOf(mesh: Mesh, workload: string): number | undefined {
  const service = servicesOf(mesh, workload)[0];
  return service === undefined ? undefined : mesh.services.get(service)?.policy.value.port.number;
}
