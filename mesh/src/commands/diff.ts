// `mesh diff`
import { Command } from "commander";
import { findMeshFolder, type GlobalOptions } from "../context.ts";
import { compareMeshes } from "../diff/compare-meshes.ts";
import { formatDifference, type Sides } from "../diff/print-difference.ts";
import { exitCodes, UsageError } from "../exit-codes.ts";
import { loadMesh } from "../files/load-mesh.ts";
import { loadMeshAtRef } from "../files/mesh-at-ref.ts";
import type { Mesh } from "../model/mesh.ts";
import { examplesText } from "../output/examples.ts";
import { printResult } from "../output/print.ts";

export const diffCommand = new Command("diff")
  .description("what differs in effect, per caller and method: between two environments, or since a git ref")
  .argument("<env1>", "an environment; alone, a git ref, whose files are compared with those that are here now")
  .argument("[env2]", "another environment")
  .addHelpText(
    "after",
    `${examplesText([
      ["diff staging production", "what production does differently from staging"],
      ["diff main --env production", "what this checkout changes in production since main"],
    ])}\n\nExit code 1: something differs.`,
  )
  .action(async (first: string, second: string | undefined, _options: unknown, command: Command) => {
    const options = command.optsWithGlobals<GlobalOptions>();
    const folder = await findMeshFolder(options.dir);
    const [from, to, sides] = await (second === undefined
      ? sinceRef(folder, first, options.env)
      : betweenEnvironments(folder, first, second, options.env));
    const { calls, replicas, compared } = compareMeshes(from, to);
    const found = { from: sides.from, to: sides.to, environment: to.environment, calls, replicas };
    printResult(options.json, found, () => formatDifference(to.catalog, { calls, replicas, compared }, sides));
    if (calls.length + replicas.length > 0) process.exitCode = exitCodes.found;
  });

async function betweenEnvironments(
  folder: string,
  first: string,
  second: string,
  environment: string | undefined,
): Promise<[Mesh, Mesh, Sides]> {
  if (environment !== undefined) {
    throw new UsageError(`--env ${environment} says nothing beside two environments; leave it out`);
  }
  const [from, to] = [await loadMesh(folder, first), await loadMesh(folder, second)];
  return [from, to, { from: first, to: second, fromPrefix: "" }];
}

async function sinceRef(folder: string, ref: string, environment: string | undefined): Promise<[Mesh, Mesh, Sides]> {
  const to = await loadMesh(folder, environment);
  if (to.settings.value.environments.includes(ref)) {
    throw new UsageError(
      `${ref} is an environment: name a second one to compare it with (a branch of that name is refs/heads/${ref})`,
    );
  }
  return [await loadMeshAtRef(folder, ref, to.environment), to, { from: ref, to: "now", fromPrefix: `${ref}:` }];
}
