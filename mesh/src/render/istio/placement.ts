// The mesh on one machine without pods: workloads are addresses of the loopback network, and their proxies listen where
// they are told to, since nothing captures traffic for them. Routes, thresholds and policies are the same objects.
import { hostOf, type Mesh, serviceAccountOf, spiffeId, workloadsCalledBy, workloadsOf } from "../../model/mesh.ts";
import { appLabel, metadata, type ServiceEntry, type Sidecar } from "./resource.ts";
import type { ServedWorkload } from "./served-workloads.ts";

export interface PlacedInstance {
  readonly address: string;
  /** Where its proxy takes calls of the mesh. */
  readonly inboundPort: number;
  /** Where the program itself listens, on 127.0.0.1. */
  readonly appPort: number;
  /** `region/zone`, as Istio writes localities. */
  readonly zone?: string;
}

export interface IstioPlacement {
  readonly workloads: Readonly<Record<string, { readonly instances: readonly PlacedInstance[] }>>;
  /**
   * Where a caller's proxy listens for the caller's own calls, on the port of the service called. Each instance needs an
   * address of its own: a list gives them in the order of the instances.
   */
  readonly egressBind: Readonly<Record<string, string | readonly string[]>>;
}

/**
 * The labels that a proxy of the placement has to have for its Sidecar to find it.
 *
 * @param index of the instance; 0 for a caller that serves nothing
 */
export const placedLabels = (workload: string, index: number): Readonly<Record<string, string>> => ({
  ...appLabel(workload),
  instance: `${workload}-${index}`,
});

/** The host's instances; undefined where none are placed. */
export function placedEntry(mesh: Mesh, placement: IstioPlacement, served: ServedWorkload): ServiceEntry | undefined {
  const { workload, host, port } = served;
  const instances = placement.workloads[workload]?.instances ?? [];
  if (instances.length === 0) return undefined;
  const index = Object.keys(placement.workloads).toSorted().indexOf(workload);
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "ServiceEntry",
    metadata: metadata(mesh, workload),
    spec: {
      hosts: [host],
      // From the block that is reserved for no use; nothing is sent there.
      addresses: [`240.240.0.${index + 1}`],
      location: "MESH_INTERNAL",
      resolution: "STATIC",
      ports: [{ number: port.number, name: port.name, protocol: "GRPC" }],
      endpoints: instances.map(({ address, inboundPort, zone }, instance) => ({
        address,
        ports: { [port.name]: inboundPort },
        labels: { ...placedLabels(workload, instance), "security.istio.io/tlsMode": "istio" },
        serviceAccount: serviceAccountOf(mesh, workload),
        ...(zone !== undefined && { locality: zone }),
      })),
      subjectAltNames: [spiffeId(mesh, workload)],
    },
  };
}

/** One for each instance of each workload, callers that serve nothing included. */
export function placedSidecars(mesh: Mesh, placement: IstioPlacement, served: readonly ServedWorkload[]): Sidecar[] {
  return workloadsOf(mesh).flatMap((workload): Sidecar[] => {
    const instances = placement.workloads[workload]?.instances ?? [];
    const serves = served.find((one) => one.workload === workload);
    const binds = [placement.egressBind[workload] ?? []].flat();
    const count = Math.max(serves === undefined ? 0 : instances.length, binds.length);
    return Array.from({ length: count }, (_, index): Sidecar => {
      const instance = serves === undefined ? undefined : instances[index];
      return {
        apiVersion: "networking.istio.io/v1",
        kind: "Sidecar",
        metadata: metadata(mesh, `${workload}-${index}`),
        spec: {
          workloadSelector: { labels: placedLabels(workload, index) },
          ...(serves && instance && { ingress: [ingress(serves, instance)] }),
          egress: egress(mesh, workload, served, binds[index]),
        },
      };
    });
  });
}

const ingress = ({ port }: ServedWorkload, { address, inboundPort, appPort }: PlacedInstance) => ({
  port: { number: inboundPort, protocol: "GRPC", name: port.name },
  bind: address,
  captureMode: "NONE" as const,
  defaultEndpoint: `127.0.0.1:${appPort}`,
});

function egress(
  mesh: Mesh,
  workload: string,
  served: readonly ServedWorkload[],
  bind: string | undefined,
): Sidecar["spec"]["egress"] {
  const called = workloadsCalledBy(mesh, workload).flatMap((name) => served.find((one) => one.workload === name) ?? []);
  if (bind === undefined || called.length === 0) return [{ hosts: ["~/*"] }];
  // Hosts on one port share a listener, which tells them apart by the name that a call is addressed to.
  return [...Map.groupBy(called, ({ port }) => port.number)].map(([number, hosts]) => ({
    port: { number, protocol: "GRPC", name: `grpc-${number}` },
    bind,
    captureMode: "NONE",
    hosts: hosts.map((one) => `./${hostOf(mesh, one.workload)}`),
  }));
}
