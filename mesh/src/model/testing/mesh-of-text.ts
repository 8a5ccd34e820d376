// A mesh out of text, for specs that need no folder.
import { callersFileShape, meshFileShape } from "../../files/mesh-file.ts";
import { overlayFileShape, policyFileShape } from "../../files/policy-file.ts";
import { parsePositioned } from "../../files/positioned.ts";
import { servicesIn } from "../../files/read-protos.ts";
import { countFor, type Mesh, type ServicePolicy } from "../mesh.ts";

export interface MeshText {
  /** Added to what every mesh.yaml has to have. */
  readonly mesh?: string;
  readonly istio?: string;
  readonly callers?: string;
  /** By file name, such as `policies/seats.yaml`. */
  readonly policies?: Readonly<Record<string, string>>;
  readonly overlay?: string;
  readonly proto: string;
}

export function meshOfText({ mesh = "", istio = "1.31", callers, policies = {}, overlay, proto }: MeshText): Mesh {
  const environment = "dev";
  const settings = parsePositioned(
    [
      "namespace: shop",
      `istio: "${istio}"`,
      `environments: [${environment}]`,
      "protos: proto",
      "limits: { amplification: 9 }",
      mesh,
    ].join("\n"),
    "mesh.yaml",
    meshFileShape,
  );
  const overlaid =
    overlay === undefined ? undefined : parsePositioned(overlay, `overlays/${environment}.yaml`, overlayFileShape);
  const services = Object.entries(policies).map(([file, text]): [string, ServicePolicy] => {
    const policy = parsePositioned(text, file, policyFileShape);
    return [
      policy.value.service,
      { policy, overlay: overlaid, replicas: countFor(policy.value.replicas, environment) },
    ];
  });
  return {
    folder: "/mesh",
    environment,
    settings,
    callers: parsePositioned(callers ?? "callers: {}", "callers.yaml", callersFileShape),
    catalog: new Map(servicesIn(proto, "proto/shop.proto").map((service) => [service.name, service])),
    services: new Map(services),
  };
}
