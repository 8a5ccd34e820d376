// Finds a scenario by its name or its path.
import { access, glob } from "node:fs/promises";
import { basename, join, relative, resolve } from "node:path";
import { UsageError } from "../exit-codes.ts";
import { readPositioned } from "../files/positioned.ts";
import { type Scenario, scenarioShape } from "./scenario-file.ts";

export interface NamedScenario {
  /** Name of the file, without `.yaml`. */
  readonly name: string;
  readonly scenario: Scenario;
}

/**
 * @param given a path, or the name of a file below `scenarios/` of the mesh folder
 * @throws UsageError naming the scenarios there are; MeshFilesError when the file has faults
 */
export async function findScenario(meshFolder: string, given: string): Promise<NamedScenario> {
  const isPath = given.endsWith(".yaml") || given.endsWith(".yml");
  const path = isPath ? resolve(given) : await pathOf(meshFolder, given);
  if (isPath) {
    await access(path).catch(() => {
      throw new UsageError(`there is no scenario file ${given}`);
    });
  }
  const { value } = await readPositioned(path, relative(process.cwd(), path), scenarioShape);
  return { name: basename(path).replace(/\.ya?ml$/, ""), scenario: value };
}

/** Names of the scenarios of a mesh folder with their paths; those below `large/` are for the simulator alone. */
export async function listScenarios(meshFolder: string): Promise<ReadonlyMap<string, string>> {
  const folder = join(meshFolder, "scenarios");
  const files = (await Array.fromAsync(glob("**/*.yaml", { cwd: folder }))).sort();
  return new Map(files.map((file) => [basename(file, ".yaml"), join(folder, file)]));
}

async function pathOf(meshFolder: string, name: string): Promise<string> {
  const scenarios = await listScenarios(meshFolder);
  const path = scenarios.get(name);
  if (path !== undefined) return path;
  const known = [...scenarios.keys()].join(", ");
  throw new UsageError(`there is no scenario "${name}" in ${join(meshFolder, "scenarios")}; there are: ${known}`);
}
