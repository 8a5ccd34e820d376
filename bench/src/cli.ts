// The command line of bench, audit and faults.
import { EngineError } from "@ordermesh/engines/kafka";
import { UserError } from "@ordermesh/stack";
import { Command, CommanderError } from "commander";
import { type AuditCommand, audit } from "./commands/audit.ts";
import { type FaultsCommand, faults, faultsKafka, type KafkaFaultsCommand } from "./commands/faults.ts";
import { type FillCommand, fill } from "./commands/fill.ts";
import { type KafkaCommand, kafka } from "./commands/kafka.ts";
import { type LoadCommand, load } from "./commands/load.ts";
import { type MeshCommand, mesh } from "./commands/mesh.ts";
import { type PlansCommand, plans } from "./commands/plans.ts";
import { type ShardsCommand, shards } from "./commands/shards.ts";
import { defaultCustomers } from "./load/customers.ts";
import { brokersOption, dataOption, jsonOption, numberFrom, shardsOption, stackOptions } from "./options.ts";

const program = new Command("bench")
  .description("Measures, audits and torments a stack on this machine.")
  .showHelpAfterError("(--help lists the options)")
  .exitOverride();

const loadCommand = program
  .command("load")
  .description("place orders and report rates, latencies, CPU, memory, commits and the baseline")
  .addOption(jsonOption())
  .option("--clients <number>", "keep-alive connections, one request each at a time", numberFrom(1, 10_000), 64)
  .option("--customers <number>", "whose orders they are, in turns", numberFrom(1, 4_096), defaultCustomers)
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
  .option("--parked-seconds <number>", "age that an event parked for a shard may have", numberFrom(0, 86_400), 60)
  .action((options: AuditCommand) => run(audit(options)));

const faultsCommand = program
  .command("faults")
  .description("kill every process in turn under load, then prove that nothing was lost")
  .addOption(jsonOption())
  .option("--minutes <number>", "repeat the round for so long", numberFrom(0, 1_440, { whole: false }), 5)
  .option("--short", "one quick round", false)
  .option("--rate <number>", "orders per second", numberFrom(1, 10_000), 100)
  .action((options: FaultsCommand) => run(faults(options)));

const fillCommand = program
  .command("fill")
  .description("fill the order tables with finished orders, to see what their size costs")
  .addOption(jsonOption())
  .requiredOption("--orders <number>", "how many", numberFrom(1, 100_000_000))
  .option("--yes-this-is-a-scratch-stack", "its audit will not be clean any more", false)
  .action((options: FillCommand) => run(fill(options)));

program
  .command("plans")
  .description("explain the hot queries of the order service at the present size of its tables")
  .addOption(dataOption())
  .addOption(jsonOption())
  .action((options: PlansCommand) => run(plans(options)));

for (const command of [loadCommand, faultsCommand, fillCommand])
  for (const option of stackOptions()) command.addOption(option);

program
  .command("faults-kafka")
  .description("keep brokers away and stop consumers under load, then prove that nothing was lost")
  .option("--data <folder>", 'data folder of the stack (default: ".ordermesh-engines")')
  .addOption(brokersOption("number of brokers").default(1))
  .addOption(shardsOption())
  .addOption(jsonOption())
  .option("--rate <number>", "orders per second", numberFrom(1, 10_000), 200)
  .option("--steady-seconds <number>", "load before each fault", numberFrom(1, 600), 5)
  .option("--away-seconds <number>", "how long brokers are kept away", numberFrom(1, 600), 20)
  .option("--stop-seconds <number>", "how long a consumer is stopped; its session lasts 6", numberFrom(1, 600), 12)
  .action((options: KafkaFaultsCommand) => run(faultsKafka(options)));

program
  .command("kafka")
  .description("compare the Kafka driver with the broker's own tools, and measure from commit to consumed")
  .addOption(jsonOption())
  .option("--quick", "a few seconds, to see that it runs; its figures mean little", false)
  .action((options: KafkaCommand) => run(kafka(options)));

program
  .command("mesh")
  .description("measure what the mesh costs: a stack with sidecars and one without, in turns")
  .addOption(jsonOption())
  .option("--rate <number>", "orders per second", numberFrom(1, 10_000), 100)
  .option("--clients <number>", "keep-alive connections", numberFrom(1, 1_000), 32)
  .option("--seconds <number>", "how long each measured load lasts", numberFrom(1, 600), 10)
  .option("--rounds <number>", "measurements of each stack", numberFrom(1, 20), 3)
  .addOption(shardsOption())
  .action((options: MeshCommand) => run(mesh(options)));

program
  .command("shards")
  .description("measure what shards cost: a stack with one and one with several, in turns")
  .addOption(jsonOption())
  .option("--shards <number>", "of the stack that is compared with one of a single shard", numberFrom(2, 8), 4)
  .option("--rate <number>", "orders per second of the steady load", numberFrom(1, 10_000), 200)
  .option("--clients <number>", "keep-alive connections", numberFrom(1, 1_000), 64)
  .option("--seconds <number>", "how long each measured load lasts", numberFrom(1, 600), 15)
  .option("--rounds <number>", "measurements of each stack under each load", numberFrom(1, 20), 3)
  .action((options: ShardsCommand) => run(shards(options)));

async function run(command: Promise<number>): Promise<void> {
  process.exitCode = await command;
}

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else if (error instanceof UserError || error instanceof EngineError) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = error instanceof UserError ? error.exitCode : 1;
  } else throw error;
}
