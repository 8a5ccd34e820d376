import type { Admin } from "kafkajs";
import { parseEventLogUrl } from "../event-log-url.ts";
import type { EventLogOptions } from "../port.ts";
import { openKafkaConnection } from "./connection.ts";
import { createTopicCatalog } from "./topic-catalog.ts";

export { compressionFor } from "./compression.ts";
export { MAX_SEND_RECORDS } from "./producer-lane.ts";

/** What whoever sets a cluster up for the platform can do to it. */
export interface KafkaAdministration {
  readonly admin: Admin;
  /** Creates those of the topics that are missing, as the table of topics has them. */
  createTopics(topics: readonly string[]): Promise<void>;
}

/**
 * Runs the work with a connected administrator.
 * @throws TypeError when the URL is not one of Kafka; else as the work does
 */
export async function administerKafka<T>(
  { url, clientId, logger }: EventLogOptions,
  work: (administration: KafkaAdministration) => Promise<T>,
): Promise<T> {
  const { driver, ...address } = parseEventLogUrl(url);
  if (driver !== "kafka" || !("brokers" in address)) throw new TypeError("only a kafka:// URL can be administered");
  const connection = await openKafkaConnection({ address, clientId, logger });
  try {
    const catalog = createTopicCatalog(() => connection.admin());
    return await work({ admin: await connection.admin(), createTopics: (topics) => catalog.resolve(topics) });
  } finally {
    await connection.close();
  }
}
