import { type EventLog, openEventLog } from "@ordermesh/runtime/event-log";
import { createLogger } from "@ordermesh/runtime/logging";
import { runningState } from "../running-state.ts";

/** Runs the work on the event log of the stack that runs on the data folder. */
export async function withEventLog<T>(dataDir: string, work: (log: EventLog) => Promise<T>): Promise<T> {
  const { eventLogUrl } = await runningState(dataDir);
  const logger = createLogger({ name: "dead-letters", instance: "dead-letters", level: "error" });
  const log = await openEventLog({ url: eventLogUrl, clientId: "dead-letters", logger });
  try {
    return await work(log);
  } finally {
    await log.close();
  }
}
