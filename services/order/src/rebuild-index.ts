// The program that rebuilds the index of names from the event log while the platform runs. It reads its environment as the
// order service does, so that it is run in the same way, on one machine or as a job of a cluster.
import { ConfigError } from "@ordermesh/runtime/config";
import { createLogger } from "@ordermesh/runtime/logging";
import { Command, CommanderError } from "commander";
import { readRebuildConfig } from "./lookup/rebuild-config.ts";
import { createProgressLines } from "./lookup/rebuild-progress.ts";
import { RebuildRefusedError, runRebuild } from "./lookup/run-rebuild.ts";

const program = new Command("rebuild index")
  .description("Fills a new index of names from the event log and swaps it in; takes no arguments.")
  .allowExcessArguments(false)
  .exitOverride();

const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => interrupted.abort());

try {
  program.parse();
  const config = readRebuildConfig();
  const logger = createLogger({ name: "rebuild-index", instance: config.ORDERMESH_INSTANCE, level: "error" });
  const progress = createProgressLines(process.stdout);
  const warn = (text: string): void => console.error(`warning: ${text}`);
  const summary = await runRebuild(config, { signal: interrupted.signal, progress, warn, logger });
  console.log(summary);
} catch (error) {
  process.exitCode = 1;
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2; // what it has to say it has said
  } else if (interrupted.signal.aborted) {
    console.error("interrupted: the index in use is as it was; the order service, or the next run, begins anew");
  } else if (error instanceof ConfigError || error instanceof RebuildRefusedError) {
    console.error(error.message);
  } else {
    const reason = error instanceof Error ? error.stack : String(error);
    console.error(`the index was not rebuilt; the one in use is as it was: ${reason}`);
  }
}
