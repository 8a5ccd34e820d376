import { Argument, Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { listCommand, redriveCommand, showCommand } from "./commands/dead-letters.ts";
import { parseBrokers, parseKafka } from "./commands/event-log-option.ts";
import { reset } from "./commands/reset.ts";
import { rebuild, shards } from "./commands/service-program.ts";
import { start } from "./commands/start.ts";
import { parseReplicas } from "./processes/topology.ts";
import { rebuilds } from "./programs/service-programs.ts";
import { parseShards } from "./shards/shard-count.ts";
import { UserError } from "./user-error.ts";

const dataOption = (): Option => new Option("--data <folder>", "where the stack's data is kept").default(".ordermesh");

const program = new Command("ordermesh")
  .description("Runs the whole Ordermesh platform on this machine.")
  .showHelpAfterError("(--help lists the options)")
  .exitOverride();

program
  .command("start")
  .description("start everything and follow the logs until Ctrl-C")
  .option("--port <number>", "port of the REST gateway on 127.0.0.1; 0 picks a free one", parsePort, 8080)
  .addOption(dataOption())
  .addOption(
    new Option("--replicas <list>", "processes per service, for example order=2,payment=2")
      .argParser(parseReplicas)
      .default({}, "one each"),
  )
  .addOption(
    new Option("--shards <number>", "databases that hold the orders, 1 to 8")
      .argParser(parseShards)
      .default(undefined, "as many as before, 1 at first"),
  )
  .option("--engines", "Kafka brokers and Redis, which are started (needs Java 17, redis-server; Maven once)", false)
  .addOption(
    new Option("--brokers <number>", "with --engines: 1, or 3").argParser(parseBrokers).default(undefined, "1"),
  )
  .addOption(
    new Option("--kafka <list>", "events on a Kafka cluster that runs: host:port,host:port or kafka://…").argParser(
      parseKafka,
    ),
  )
  .option("--mesh", "an Envoy sidecar beside every process, mTLS between them (needs Python 3 with pip, once)", false)
  .option("--quiet", "show problems only", false)
  .action(start);

program
  .command("reset")
  .description("clear the data of a stack that does not run")
  .addOption(dataOption())
  .action(reset);

// Whatever is not --data is the program's own, --help too.
program
  .command("shards")
  .description("how the orders of a stack that runs are spread over its shards, and moving them; --help says more")
  .argument("[args...]")
  .addOption(dataOption())
  .allowUnknownOption()
  .helpOption(false)
  .action(shards);

program
  .command("rebuild")
  .description("make a store of a stack that runs anew from the events: notification or index")
  .addArgument(new Argument("<store>").choices(Object.keys(rebuilds)))
  .argument("[args...]")
  .addOption(dataOption())
  .allowUnknownOption()
  .helpOption(false)
  .action(rebuild);

const deadLetters = program
  .command("dead-letters")
  .description("events that a consumer could not apply, of a stack that runs");

deadLetters
  .command("list")
  .description("list those that wait")
  .addOption(dataOption())
  .option("--all", "also those that were redriven", false)
  .option("--json", "as JSON", false)
  .action(listCommand);

deadLetters
  .command("show")
  .description("show one, with its event")
  .argument("<id>")
  .addOption(dataOption())
  .action(showCommand);

deadLetters
  .command("redrive")
  .description("put them back into their topics; who has applied them drops them")
  .argument("[ids...]")
  .addOption(dataOption())
  .option("--all", "all that wait", false)
  .action(redriveCommand);

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
