// `mesh lint`
import { Command } from "commander";
import { findMeshFolder, type GlobalOptions } from "../context.ts";
import { exitCodes, UsageError } from "../exit-codes.ts";
import { lintFolder } from "../lint/lint-folder.ts";
import { formatFindings, formatRule } from "../lint/print-findings.ts";
import { findRule, rules } from "../lint/registry.ts";
import { examplesText } from "../output/examples.ts";
import { printResult } from "../output/print.ts";

interface LintOptions extends GlobalOptions {
  readonly strict?: boolean;
  readonly explain?: string;
}

export const lintCommand = new Command("lint")
  .description("check the policies against the protos, the code and themselves, in every environment")
  .option("--strict", "warnings too end with exit code 1")
  .option("--explain <code>", "why a finding matters, a wrong and a right example, sources; or all: the list of codes")
  .addHelpText(
    "after",
    `${examplesText([
      ["lint", "all environments of mesh.yaml"],
      ["lint --env production --json", "one environment, for programs"],
      ["lint --explain MESH-024", "what this finding means"],
      ["lint --explain all", "every code with its title"],
    ])}\n\nExit code 1: an error was found; with --strict a warning too.`,
  )
  .action(async (_options: unknown, command: Command) => {
    const options = command.optsWithGlobals<LintOptions>();
    if (options.explain !== undefined) {
      explain(options.explain, options.json);
      return;
    }
    const folder = await findMeshFolder(options.dir);
    const result = await lintFolder(folder, options.env);
    printResult(options.json, result, () => formatFindings(result, folder));
    const counts = result.findings.some(({ severity }) => options.strict === true || severity === "error");
    if (counts) process.exitCode = exitCodes.found;
  });

function explain(code: string, json: boolean): void {
  const wanted = code === "all" ? rules : [findRule(code.toUpperCase())].filter((rule) => rule !== undefined);
  const [first] = wanted;
  if (first === undefined) throw new UsageError(`--explain ${code}: there is no such code; "all" lists them`);
  const list = (): string =>
    wanted.map(({ code: each, severity, title }) => `${each}  ${severity.padEnd(7)}  ${title}`).join("\n");
  const plain = wanted.map(({ check: _, ...rule }) => rule);
  printResult(json, code === "all" ? plain : plain[0], () => (code === "all" ? list() : formatRule(first)));
}
