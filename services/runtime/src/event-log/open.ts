import { openEmbeddedEventLog } from "./embedded/embedded-event-log.ts";
import { parseEventLogUrl } from "./event-log-url.ts";
import type { EventLog, EventLogOptions } from "./port.ts";

/**
 * Opens the event log that the URL names. The first to open an embedded log creates its tables; a Kafka log opens also
 * while its cluster is away.
 * @throws TypeError when the URL is not one of an event log
 */
export async function openEventLog({ url, clientId, logger }: EventLogOptions): Promise<EventLog> {
  const address = parseEventLogUrl(url);
  if (address.driver === "embedded") return openEmbeddedEventLog({ url, clientId, logger });
  // Only loaded where it is used: the client costs start-up time and memory.
  const { openKafkaEventLog } = await import("./kafka/kafka-event-log.ts");
  return openKafkaEventLog({ address, clientId, logger });
}
