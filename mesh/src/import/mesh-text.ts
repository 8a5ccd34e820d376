// mesh.yaml and callers.yaml of an imported mesh.
import type { Catalog } from "../model/catalog.ts";
import type { Identity } from "./authorization.ts";
import type { ImportedEdge } from "./edge.ts";
import type { ImportedEgress } from "./egress.ts";
import { shortYaml } from "./short-yaml.ts";

export interface MeshTextInput {
  readonly namespace: string;
  readonly trustDomain: string;
  readonly istio: string;
  readonly environment: string;
  /** From the folder that is written. */
  readonly protos: string;
  readonly edge: ImportedEdge | undefined;
}

/** Istio limits no amplification: what is written is a place to begin. */
const amplification = 10;

export function meshText({ namespace, trustDomain, istio, environment, protos, edge }: MeshTextInput): string {
  const mesh = {
    namespace,
    trustDomain,
    istio,
    environments: [environment],
    protos,
    limits: { amplification },
    ...(edge !== undefined && { gateway: gatewayOf(edge) }),
  };
  return shortYaml(mesh, "imported from Istio; limits are not Istio's: set your own");
}

function gatewayOf(edge: ImportedEdge) {
  const { workload, host, port, tlsSecret, workloadPort, ingress, selector, jwt } = edge;
  return {
    workload,
    host,
    port,
    tlsSecret,
    ...(workloadPort !== undefined && { workloadPort }),
    ingress: { ...ingress, selector },
    ...(jwt !== undefined && { jwt }),
  };
}

export interface ImportedCaller {
  /** The workload of that name, or the account's own. */
  readonly name: string;
  readonly identity: Identity;
  readonly edge: boolean;
  readonly replicas: number | undefined;
  /** Names of methods, by service. */
  readonly calls: ReadonlyMap<string, readonly string[]>;
  readonly egress: readonly ImportedEgress[];
}

export function callersText(callers: readonly ImportedCaller[], catalog: Catalog): string {
  const written = Object.fromEntries(
    callers
      .toSorted((a, b) => a.name.localeCompare(b.name))
      .map(({ name, identity, edge, replicas, calls, egress }) => [
        name,
        {
          ...(identity.serviceAccount !== name && { serviceAccount: identity.serviceAccount }),
          ...(edge && { edge }),
          ...(replicas !== undefined && replicas > 0 && { replicas }),
          ...(calls.size > 0 && {
            calls: Object.fromEntries(
              [...calls].map(([service, methods]) => [
                service,
                methods.length === (catalog.get(service)?.methods.length ?? 0) ? "all" : methods,
              ]),
            ),
          }),
          ...(egress.length > 0 && { egress }),
        },
      ]),
  );
  return shortYaml(
    { callers: written },
    "imported from Istio's AuthorizationPolicies; what is not written here is denied",
  );
}
