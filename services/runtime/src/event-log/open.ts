import { openEmbeddedEventLog } from "./embedded/embedded-event-log.ts";
import type { EventLog, EventLogOptions } from "./port.ts";

/** Opens the event log that the configuration names. The first to open an embedded log creates its tables. */
export async function openEventLog(options: EventLogOptions): Promise<EventLog> {
  const { driver, ...settings } = options;
  switch (driver) {
    case "embedded":
      return openEmbeddedEventLog(settings);
    default:
      throw new TypeError(`event log driver must be "embedded", got ${JSON.stringify(driver satisfies never)}`);
  }
}
