// The Kubernetes Services that the resources speak of. Whoever installs the workloads owns them; checks that have no
// cluster to look at need them beside the resources.
import type { Mesh } from "../../model/mesh.ts";
import { servedWorkloads } from "./served-workloads.ts";

export interface KubernetesService {
  readonly apiVersion: "v1";
  readonly kind: "Service";
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: {
    readonly selector: Readonly<Record<string, string>>;
    readonly clusterIP?: "None";
    readonly ports: readonly {
      readonly name: string;
      readonly port: number;
      readonly appProtocol?: string;
    }[];
  };
}

/** One for each workload that serves, and for the workload at the edge. */
export function kubernetesServices(mesh: Mesh): KubernetesService[] {
  const { namespace, gateway } = mesh.settings.value;
  const service = (name: string, spec: Omit<KubernetesService["spec"], "selector">): KubernetesService => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace },
    spec: { selector: { app: name }, ...spec },
  });
  const served = servedWorkloads(mesh).map(({ workload, services }) => {
    const [first] = services;
    const { port, headless } = first.policy.policy.value;
    return service(workload, {
      ...(headless && { clusterIP: "None" as const }),
      ports: [
        {
          name: port.name ?? "grpc",
          port: port.number,
          ...(port.appProtocol !== undefined && { appProtocol: port.appProtocol }),
        },
      ],
    });
  });
  if (gateway === undefined) return served;
  const edge = { name: "http", port: gateway.workloadPort ?? 8080, appProtocol: "http" };
  return [...served, service(gateway.workload, { ports: [edge] })];
}
