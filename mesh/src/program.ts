// All commands of the mesh tool, and what is common to them.
import { Command } from "commander";
import meshPackage from "../package.json" with { type: "json" };
import { amplificationCommand } from "./commands/amplification.ts";
import { authzCommand } from "./commands/authz.ts";
import { diffCommand } from "./commands/diff.ts";
import { explainCommand } from "./commands/explain.ts";
import { importCommand } from "./commands/import.ts";
import { lintCommand } from "./commands/lint.ts";
import { parityCommand } from "./commands/parity.ts";
import { renderCommand } from "./commands/render.ts";
import { simulateCommand } from "./commands/simulate.ts";
import { suggestCommand } from "./commands/suggest.ts";
import { verifyCommand } from "./commands/verify.ts";
import { addCompletion } from "./output/completion.ts";
import { examplesText } from "./output/examples.ts";
import { failureOf } from "./output/report-error.ts";

const program = new Command("mesh")
  .description("Checks, explains, renders and tries the policies of a service mesh.")
  .version(meshPackage.version)
  .option("--dir <folder>", "the mesh folder; the nearest with a mesh.yaml where nothing is said")
  .option("--env <name>", "environment; the first of mesh.yaml where nothing is said")
  .option("--json", "print JSON for programs", false)
  .addHelpText(
    "after",
    [
      examplesText([
        ["lint", "check the policies against the protos and against themselves"],
        ["explain --env production CALLER METHOD", "what is in effect for a call, and which line says so"],
        ["diff staging production", "what differs between two environments"],
        ["authz --against main", "who may call more, and who less, than on that branch"],
        ["completion bash", "a script that completes commands and names"],
      ]),
      "",
      "Exit codes: 0 nothing found; 1 something found (a finding, a difference, a limit passed); 2 wrong arguments or",
      "files that cannot be read; 3 something has to be installed first; 4 the tool itself broke.",
    ].join("\n"),
  )
  .showHelpAfterError("(--help lists what there is)")
  .exitOverride();

for (const command of [
  lintCommand,
  explainCommand,
  amplificationCommand,
  authzCommand,
  renderCommand,
  diffCommand,
  simulateCommand,
  verifyCommand,
  parityCommand,
  suggestCommand,
  importCommand,
]) {
  program.addCommand(inherit(command, program));
}

function inherit(command: Command, parent: Command): Command {
  command.copyInheritedSettings(parent);
  for (const nested of command.commands) inherit(nested, command);
  return command;
}

// Whoever reads may stop early, as `mesh authz | head` does.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

try {
  await addCompletion(program, process.argv.slice(2));
  await program.parseAsync();
} catch (error) {
  const { message, exitCode } = failureOf(error);
  if (message !== "") console.error(message);
  process.exitCode = exitCode;
}
