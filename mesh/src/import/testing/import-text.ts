// Imports text and reads what comes out again, for specs that need no folder.
import { callersFileShape, meshFileShape } from "../../files/mesh-file.ts";
import { policyFileShape } from "../../files/policy-file.ts";
import { parsePositioned } from "../../files/positioned.ts";
import type { Catalog } from "../../model/catalog.ts";
import { type EffectiveValues, valuesOf } from "../../model/effective.ts";
import { countFor, type Mesh } from "../../model/mesh.ts";
import { resolveEffective } from "../../model/resolve-effective.ts";
import { type Imported, type ImportOptions, importIstio } from "../import-istio.ts";
import { resourcesIn } from "../resources.ts";

export interface ImportedText {
  readonly imported: Imported;
  readonly mesh: Mesh;
  readonly valuesFor: (caller: string, service: string, method: string) => EffectiveValues;
  /** `VirtualService shop/cart spec.http[0].mirror: copies of calls are no longer sent`. */
  readonly losses: readonly string[];
}

export function importText(yaml: string, catalog: Catalog, options: Partial<ImportOptions> = {}): ImportedText {
  const imported = importIstio(resourcesIn(yaml, "cluster.yaml"), {
    catalog,
    protos: "../proto",
    istio: "1.31",
    environment: "production",
    ...options,
  });
  const mesh = meshOfFiles(imported.files, catalog);
  return {
    imported,
    mesh,
    valuesFor: (caller, service, method) => valuesOf(resolveEffective(mesh, caller, service, method).effective),
    losses: imported.losses.map(
      ({ resource, field, lost }) => `${resource}${field === "" ? "" : ` ${field}`}: ${lost}`,
    ),
  };
}

/** As loadMesh reads a folder, without overlays. */
export function meshOfFiles(files: ReadonlyMap<string, string>, catalog: Catalog): Mesh {
  const settings = parsePositioned(files.get("mesh.yaml") ?? "", "mesh.yaml", meshFileShape);
  const [environment = ""] = settings.value.environments;
  const policies = [...files]
    .filter(([name]) => name.startsWith("policies/"))
    .map(([name, text]) => parsePositioned(text, name, policyFileShape));
  return {
    folder: "/imported",
    environment,
    settings,
    callers: parsePositioned(files.get("callers.yaml") ?? "", "callers.yaml", callersFileShape),
    catalog,
    services: new Map(
      policies.map((policy) => [
        policy.value.service,
        { policy, overlay: undefined, replicas: countFor(policy.value.replicas, environment) },
      ]),
    ),
  };
}
