// The command line of bench, audit and faults.
import { UserError } from "@ordermesh/stack";
import { Command, CommanderError } from "commander";
import { type AuditCommand, audit, type FaultsCommand, faults, type LoadCommand, load } from "./commands.ts";
import { dataOption, jsonOption, numberFrom } from "./options.ts";

const program = new Command("bench")
  .description("Measures, audits and torments a stack on this machine.")
  .showHelpAfterError("(--help lists the options)")
  .exitOverride();

program
  .command("load")
  .description("place orders and report rates, latencies, CPU, memory, commits and the baseline")
  .addOption(dataOption())
  .addOption(jsonOption())
  .option("--clients <number>", "keep-alive connections, one request each at a time", numberFrom(1, 10_000), 64)
  .option("--seconds <number>", "how long the measured load lasts", numberFrom(1, 86_400), 20)
  .option("--lines <number>", "lines per order", numberFrom(1, 100), 2)
  .option("--rate <number>", "orders per second; as fast as they are answered unless given", numberFrom(1, 100_000))
  .option("--warmup <seconds>", "load before the measurement", numberFrom(0, 600), 10)
  .option("--baseline-seconds <number>", "how long the baseline is measured", numberFrom(1, 600), 5)
  .option("--baseline-connections <number>", "connections of the baseline", numberFrom(1, 100), 8)
  .option("--drain-seconds <number>", "how long the backlog may take to become empty", numberFrom(1, 3_600), 120)
  .option("--find-sustainable", "search the highest rate with time to final p99 under a second", false)
  .action((options: LoadCommand) => run(load(options)));

program
  .command("audit")
  .description("check the five invariants; exit code 1 when one is broken")
  .addOption(dataOption())
  .addOption(jsonOption())
  .option("--settled", "fail when work is still in hand after the wait", false)
  .option("--wait-seconds <number>", "how long to wait until no work is in hand", numberFrom(0, 3_600), 10)
  .option("--in-flight-seconds <number>", "age up to which a change may be in flight", numberFrom(0, 86_400), 75)
  .option("--outbox-seconds <number>", "age that an outbox row may have", numberFrom(0, 86_400), 10)
  .action((options: AuditCommand) => run(audit(options)));

program
  .command("faults")
  .description("kill every process in turn under load, then prove that nothing was lost")
  .addOption(dataOption())
  .addOption(jsonOption())
  .option("--minutes <number>", "repeat the round for so long", numberFrom(0, 1_440, { whole: false }), 5)
  .option("--short", "one quick round", false)
  .option("--rate <number>", "orders per second", numberFrom(1, 10_000), 100)
  .action((options: FaultsCommand) => run(faults(options)));

async function run(command: Promise<number>): Promise<void> {
  process.exitCode = await command;
}

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else if (error instanceof UserError) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  } else throw error;
}
