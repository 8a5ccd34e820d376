// `mesh parity`
import { Command } from "commander";
import { type GlobalOptions, openMesh } from "../context.ts";
import { exitCodes, UsageError } from "../exit-codes.ts";
import { workloadsOf } from "../model/mesh.ts";
import { examplesText } from "../output/examples.ts";
import { printResult } from "../output/print.ts";
import { dumpFromAdmin, dumpFromFile } from "../parity/fetch-dump.ts";
import { compareEffect, DumpError } from "../parity/index.ts";
import { formatParity } from "../parity/print-parity.ts";

interface ParityOptions extends GlobalOptions {
  readonly dump?: string;
  readonly admin?: string;
  readonly workload?: string;
}

export const parityCommand = new Command("parity")
  .description("where a running proxy differs in effect from the policies")
  .option("--dump <file>", "a config dump, as /config_dump?include_eds of the admin port prints it")
  .option("--admin <address>", "the admin port to ask, such as http://127.0.0.1:15000")
  .option("--workload <workload>", "whose sidecar it is; as the dump says where nothing is said")
  .addHelpText(
    "after",
    `${examplesText([
      ["parity --admin http://127.0.0.1:15000", "the sidecar behind kubectl port-forward POD 15000"],
      ["parity --env production --dump dump.json", "a dump that was saved, against another environment"],
    ])}\n\nExit code 1: the proxy differs in effect.`,
  )
  .action(async (_options: unknown, command: Command) => {
    const options = command.optsWithGlobals<ParityOptions>();
    const { dump: file, admin, workload } = options;
    if ((file === undefined) === (admin === undefined))
      throw new UsageError("say one of --dump FILE and --admin ADDRESS");
    const mesh = await openMesh(options);
    if (workload !== undefined && !workloadsOf(mesh).includes(workload)) {
      throw new UsageError(`--workload ${workload}: allowed: ${workloadsOf(mesh).join(", ")}`);
    }
    const dump = file === undefined ? await dumpFromAdmin(admin ?? "") : await dumpFromFile(file);
    const report = compare(() => compareEffect(mesh, dump, workload));
    printResult(options.json, report, () => formatParity(mesh, report));
    if (report.differences.length > 0) process.exitCode = exitCodes.found;
  });

function compare<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof DumpError) throw new UsageError(error.message, { cause: error });
    throw error;
  }
}
