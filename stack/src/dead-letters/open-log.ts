import { type EventLog, openEventLog } from "@ordermesh/runtime/event-log";
import { createLogger } from "@ordermesh/runtime/logging";
import { readStackState } from "../state.ts";
import { UserError } from "../user-error.ts";

/** Runs the work on the event log of the stack that runs on the data folder. */
export async function withEventLog<T>(dataDir: string, work: (log: EventLog) => Promise<T>): Promise<T> {
  const state = await readStackState(dataDir);
  if (state === undefined) {
    throw new UserError("NOT_RUNNING", `no stack runs on ${dataDir}: start it, or say which one with --data`);
  }
  const logger = createLogger({ name: "dead-letters", instance: "dead-letters", level: "error" });
  const log = await openEventLog({ url: state.eventLogUrl, clientId: "dead-letters", logger });
  try {
    return await work(log);
  } finally {
    await log.close();
  }
}
