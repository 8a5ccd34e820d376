// `mesh authz`
import { Command } from "commander";
import { compareAuthorization } from "../authz/compare.ts";
import { authorizationMatrix } from "../authz/matrix.ts";
import { formatChange, formatMatrix } from "../authz/print-authz.ts";
import { type GlobalOptions, openMesh } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { loadMeshAtRef } from "../files/mesh-at-ref.ts";
import { examplesText } from "../output/examples.ts";
import { printResult } from "../output/print.ts";

interface AuthzOptions extends GlobalOptions {
  readonly against?: string;
}

export const authzCommand = new Command("authz")
  .description("who may call what; with --against, who may do more or less than before")
  .option("--against <ref>", "a commit, branch or tag: print only what widened and what narrowed since")
  .addHelpText(
    "after",
    `${examplesText([
      ["authz", "the matrix of callers and methods, and the identity of each caller"],
      ["authz --against main", "what this branch allows more and less than main"],
    ])}\n\nExit code 1: something widened since --against. What narrowed is printed and ends with 0.`,
  )
  .action(async (_options: unknown, command: Command) => {
    const options = command.optsWithGlobals<AuthzOptions>();
    const mesh = await openMesh(options);
    if (options.against === undefined) {
      const verdicts = authorizationMatrix(mesh);
      printResult(options.json, { verdicts }, () => formatMatrix(mesh.catalog, verdicts));
      return;
    }
    const { against } = options;
    const before = await loadMeshAtRef(mesh.folder, against, mesh.environment);
    const change = compareAuthorization(before, mesh);
    printResult(options.json, { against, ...change }, () => formatChange(mesh.catalog, change, against));
    if (change.widened.length > 0) process.exitCode = exitCodes.found;
  });
