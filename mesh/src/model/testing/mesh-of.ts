// A mesh made of text, for tests that need no files.
import { callersFileShape, meshFileShape } from "../../files/mesh-file.ts";
import { overlayFileShape, policyFileShape } from "../../files/policy-file.ts";
import { parsePositioned } from "../../files/positioned.ts";
import { servicesIn } from "../../files/read-protos.ts";
import { countFor, type Mesh } from "../mesh.ts";

export interface MeshText {
  /** Proto files by name. */
  readonly protos: Readonly<Record<string, string>>;
  /** Policy files by name. */
  readonly policies: Readonly<Record<string, string>>;
  readonly callers: string;
  readonly settings?: string;
  readonly overlay?: string;
  readonly environment?: string;
}

const defaultSettings = `
namespace: test
istio: "1.31"
environments: [dev, live]
protos: protos
limits: { amplification: 4 }
`;

/** As loadMesh makes it of the same files. */
export function meshOf(text: MeshText): Mesh {
  const { protos, policies, callers, settings = defaultSettings, environment = "dev" } = text;
  const overlay =
    text.overlay === undefined
      ? undefined
      : parsePositioned(text.overlay, `overlays/${environment}.yaml`, overlayFileShape);
  const catalog = Object.entries(protos).flatMap(([file, proto]) => servicesIn(proto, file));
  const services = Object.entries(policies).map(([file, policyText]) => {
    const policy = parsePositioned(policyText, file, policyFileShape);
    const { service, replicas } = policy.value;
    return [service, { policy, overlay, replicas: countFor(replicas, environment) }] as const;
  });
  return {
    folder: "/mesh",
    environment,
    settings: parsePositioned(settings, "mesh.yaml", meshFileShape),
    callers: parsePositioned(callers, "callers.yaml", callersFileShape),
    catalog: new Map(catalog.map((service) => [service.name, service])),
    services: new Map(services),
  };
}
