import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { reset } from "./commands/reset.ts";
import { start } from "./commands/start.ts";
import { parseReplicas } from "./processes/topology.ts";
import { UserError } from "./user-error.ts";

const DEFAULT_DATA = ".ordermesh";

const program = new Command("ordermesh")
  .description("Runs the whole Ordermesh platform on this machine.")
  .showHelpAfterError("(--help lists the options)")
  .exitOverride();

program
  .command("start")
  .description("start everything and follow the logs until Ctrl-C")
  .option("--port <number>", "port of the REST gateway on 127.0.0.1; 0 picks a free one", parsePort, 8080)
  .option("--data <folder>", "where the data is kept", DEFAULT_DATA)
  .addOption(
    new Option("--replicas <list>", "processes per service, for example order=2,payment=2")
      .argParser(parseReplicas)
      .default({}, "one each"),
  )
  .option("--quiet", "show problems only", false)
  .action(start);

program
  .command("reset")
  .description("clear the data of a stack that does not run")
  .option("--data <folder>", "where the data is kept", DEFAULT_DATA)
  .action(reset);

function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535)) throw new InvalidArgumentError("Give a whole number from 0 to 65535.");
  return port;
}

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else if (error instanceof UserError) {
    process.stderr.write(`error: ${error.message}\n`);
    process.exitCode = error.exitCode;
  } else {
    console.error(error);
    process.exitCode = 1;
  }
}
// Nothing may keep a finished command alive.
process.exit();
