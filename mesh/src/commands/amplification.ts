// `mesh amplification`
import { Command } from "commander";
import { checkAmplification } from "../amplification/check-amplification.ts";
import { formatAmplification } from "../amplification/print-amplification.ts";
import { type GlobalOptions, openMesh } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { examplesText } from "../output/examples.ts";
import { printResult } from "../output/print.ts";

export const amplificationCommand = new Command("amplification")
  .description("worst case of requests at each service for one call at the edge")
  .addHelpText(
    "after",
    `${examplesText([
      ["amplification", "every call at the edge, the heaviest first"],
      ["amplification --env production --json", "the same for programs, every path with its calls"],
    ])}\n\nExit code 1: a worst case is above limits.amplification of mesh.yaml, or calls lead back to themselves.`,
  )
  .action(async (_options: unknown, command: Command) => {
    const options = command.optsWithGlobals<GlobalOptions>();
    const mesh = await openMesh(options);
    const report = checkAmplification(mesh);
    printResult(options.json, report, () => formatAmplification(mesh.catalog, report));
    if (report.above.length > 0 || report.cycles.length > 0) process.exitCode = exitCodes.found;
  });
