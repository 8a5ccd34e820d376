// Reads a mesh folder: mesh.yaml, callers.yaml, policies/*.yaml, overlays/<environment>.yaml and the protos.
import { access, glob } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import type { Catalog } from "../model/catalog.ts";
import { countFor, type Mesh, type ServicePolicy } from "../model/mesh.ts";
import { callersFileShape, meshFileShape } from "./mesh-file.ts";
import { overlayFileShape, policyFileShape } from "./policy-file.ts";
import { MeshFilesError, type Positioned, readPositioned } from "./positioned.ts";
import { readProtos } from "./read-protos.ts";

/**
 * @param environment one of those that mesh.yaml names; its first where nothing is said
 * @throws MeshFilesError with every fault of the files
 */
export async function loadMesh(folder: string, environment?: string): Promise<Mesh> {
  const settings = await readPositioned(join(folder, "mesh.yaml"), "mesh.yaml", meshFileShape);
  const { environments, protos } = settings.value;
  const chosen = environment ?? environments[0] ?? "local";
  if (!environments.includes(chosen)) {
    const message = `there is no environment "${chosen}"; allowed: ${environments.join(", ")}`;
    throw new MeshFilesError([{ ...settings.at(["environments"]), field: "environments", message }]);
  }
  const names = (await Array.fromAsync(glob("policies/*.yaml", { cwd: folder }))).sort();
  const overlayName = `overlays/${chosen}.yaml`;
  const [callers, catalog, overlay, ...policies] = await together([
    readPositioned(join(folder, "callers.yaml"), "callers.yaml", callersFileShape),
    readCatalog(folder, protos),
    readIfThere(join(folder, overlayName), () =>
      readPositioned(join(folder, overlayName), overlayName, overlayFileShape),
    ),
    ...names.map((name) => readPositioned(join(folder, name), name, policyFileShape)),
  ] as const);
  const services = new Map<string, ServicePolicy>();
  for (const policy of policies) {
    const { service, replicas } = policy.value;
    const other = services.get(service);
    if (other !== undefined) {
      const message = `${service} has a policy in ${other.policy.file} already`;
      throw new MeshFilesError([{ ...policy.at(["service"]), field: "service", message }]);
    }
    services.set(service, { policy, overlay, replicas: countFor(replicas, chosen) });
  }
  return { folder: resolve(folder), environment: chosen, settings, callers, catalog, services };
}

/** Proto files are named as seen from the mesh folder. */
async function readCatalog(folder: string, protos: string): Promise<Catalog> {
  const root = join(folder, protos);
  const from = relative(folder, root);
  const catalog = await readProtos(root);
  const placed = (file: string): string => join(from, file);
  return new Map(
    [...catalog].map(([name, service]) => [
      name,
      {
        ...service,
        file: placed(service.file),
        methods: service.methods.map((method) => ({ ...method, file: placed(method.file) })),
      },
    ]),
  );
}

async function readIfThere<T>(path: string, read: () => Promise<Positioned<T>>): Promise<Positioned<T> | undefined> {
  try {
    await access(path);
  } catch {
    return undefined;
  }
  return read();
}

/** Waits for all, so that the faults of all files are told at once. */
async function together<T extends readonly unknown[]>(
  promises: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  const results = await Promise.allSettled(promises);
  const errors = results.filter((result) => result.status === "rejected").map(({ reason }) => reason as unknown);
  const faults = errors.flatMap((error) => (error instanceof MeshFilesError ? error.faults : []));
  const other = errors.find((error) => !(error instanceof MeshFilesError));
  if (other !== undefined) throw other;
  if (faults.length > 0) throw new MeshFilesError(faults);
  return Promise.all(promises) as Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }>;
}
