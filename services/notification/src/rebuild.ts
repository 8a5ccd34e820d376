// Rebuilds the notification store from the event log: a program beside the service, with the service's environment.
import { parseArgs } from "node:util";
import { ordersTopic } from "@ordermesh/proto/topics";
import { ConfigError, readConfig, serviceConfigShape } from "@ordermesh/runtime/config";
import { isTransient, openDatabase } from "@ordermesh/runtime/database";
import { openEventLog } from "@ordermesh/runtime/event-log";
import { createLogger } from "@ordermesh/runtime/logging";
import { z } from "zod";
import { describeResult } from "./rebuild/describe-result.ts";
import { createProgress } from "./rebuild/progress.ts";
import { RebuildError } from "./rebuild/rebuild-error.ts";
import { rebuildStore } from "./rebuild/rebuild-store.ts";

const usage = `rebuild notification: builds the store of messages anew from the events of orders and swaps it in

  --compare   only compares what the log gives with the live store; exit code 1 when they differ
  --force     swaps also when that gives up live messages that the log does not hold
  --restored  the database comes from a backup, or is new: what the service has consumed counts as applied
  --help      this text`;

const print = (line: string): void => {
  process.stdout.write(`notification: ${line}\n`);
};

function readArguments() {
  const flag = { type: "boolean", default: false } as const;
  try {
    const options = { compare: flag, force: flag, restored: flag, help: flag };
    const { values } = parseArgs({ options });
    if (values.compare && (values.force || values.restored)) throw new Error("--compare swaps nothing: give it alone");
    return values;
  } catch (error) {
    throw new RebuildError("REBUILD_USAGE", error instanceof Error ? error.message : String(error), { cause: error });
  }
}

async function rebuild(signal: AbortSignal): Promise<number> {
  const { compare, force, restored, help } = readArguments();
  if (help) {
    process.stdout.write(`${usage}\n`);
    return 0;
  }
  const { ORDERMESH_INSTANCE: instance, ...config } = readConfig(
    z.object({
      ORDERMESH_INSTANCE: serviceConfigShape.ORDERMESH_INSTANCE,
      ORDERMESH_DATABASE_URL: serviceConfigShape.ORDERMESH_DATABASE_URL,
      ORDERMESH_EVENT_LOG_URL: serviceConfigShape.ORDERMESH_EVENT_LOG_URL,
    }),
  );
  const logger = createLogger({ name: "notification", instance: `${instance} rebuild`, level: "warn" });
  const database = openDatabase({ url: config.ORDERMESH_DATABASE_URL, poolSize: 1, name: instance, logger });
  const log = await openEventLog({ url: config.ORDERMESH_EVENT_LOG_URL, clientId: instance, logger });
  try {
    // A group that commits nothing is behind by all that the topic holds.
    const progress = createProgress(await log.lag(`read.${instance}.size`, [ordersTopic]), print);
    const result = await rebuildStore({
      database,
      log,
      mode: compare ? "compare" : "swap",
      force,
      restored,
      onProgress: (records) => progress.add(records),
      signal,
    });
    for (const line of describeResult(result)) print(line);
    return Object.values(result.differences?.counts ?? {}).some((count) => count > 0) ? 1 : 0;
  } finally {
    await log.close();
    await database.close();
  }
}

function describeFault(error: unknown): string {
  // Who is interrupted may reject with an error of its own, which says less.
  if (stop.signal.aborted) return (stop.signal.reason as Error).message;
  if (!(error instanceof Error)) return String(error);
  if (error instanceof RebuildError) return `${error.code}: ${error.message}`;
  if (error instanceof ConfigError) return error.message;
  if (isTransient(error)) {
    return `STORE_AWAY: the database or the event log could not be reached, and the live store was left as it is: ${error.message}`;
  }
  return error.stack ?? error.message;
}

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => stop.abort(new Error(`ended by ${signal}; the live store was left as it is`)));
}
try {
  process.exitCode = await rebuild(stop.signal);
} catch (error) {
  process.stderr.write(`${describeFault(error)}\n`);
  process.exitCode = error instanceof RebuildError && error.code === "REBUILD_USAGE" ? 2 : 1;
}
