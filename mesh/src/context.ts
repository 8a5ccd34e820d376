// What every command of the tool has in hand: the mesh folder, the environment, and how to print.
import { access } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { UsageError } from "./exit-codes.ts";
import { loadMesh } from "./files/load-mesh.ts";
import type { Mesh } from "./model/mesh.ts";

/** Options that every command takes; added by cli.ts to the program itself. */
export interface GlobalOptions {
  readonly dir?: string;
  readonly env?: string;
  readonly json: boolean;
}

/** The folder given, or the nearest one with a mesh.yaml: here, `mesh/` below, or above. */
export async function findMeshFolder(given: string | undefined, from: string = process.cwd()): Promise<string> {
  if (given !== undefined) {
    if (await isFile(join(resolve(from, given), "mesh.yaml"))) return resolve(from, given);
    throw new UsageError(`--dir ${given}: there is no mesh.yaml in that folder`);
  }
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    for (const candidate of [folder, join(folder, "mesh")]) {
      if (await isFile(join(candidate, "mesh.yaml"))) return candidate;
    }
    if (dirname(folder) === folder) break;
  }
  throw new UsageError("no mesh.yaml here, in mesh/ below, or in a folder above; say where it is with --dir");
}

const isFile = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

export async function openMesh({ dir, env }: GlobalOptions): Promise<Mesh> {
  return loadMesh(await findMeshFolder(dir), env);
}
