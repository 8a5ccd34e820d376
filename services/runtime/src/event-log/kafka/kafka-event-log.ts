import { setTimeout as delay } from "node:timers/promises";
import type { EventLog, Subscription } from "../port.ts";
import { assertLogName } from "../topics.ts";
import { createAdminSlot } from "./admin-slot.ts";
import { createAppender } from "./appender.ts";
import type { KafkaClientOptions } from "./client.ts";
import { openKafkaConnection } from "./connection.ts";
import { createHealthProbe } from "./health.ts";
import { readLag } from "./lag.ts";
import { createReader } from "./reader.ts";
import { startSubscription } from "./subscription.ts";
import { createTopicCatalog } from "./topic-catalog.ts";

/** Longer than an append takes to give up. What is left then are answers of a cluster that is away. */
const CLOSE_MS = 8_000;
/** About two seconds: a group's coordinator takes as long to load where the first group is made. */
const ADMIN_TRIES = 5;

/**
 * Opens the event log that lives in a Kafka cluster. Opens also while the cluster is away: appends reject then, and
 * subscriptions join when it is back.
 * @throws when a file that the address names cannot be read
 */
export async function openKafkaEventLog(options: KafkaClientOptions): Promise<EventLog> {
  const { logger } = options;
  const connection = await openKafkaConnection(options);
  const catalog = createTopicCatalog(() => connection.admin());
  const probe = await createHealthProbe({ ...options, topics: () => catalog.topics() });
  const admin = createAdminSlot(connection.kafka, ADMIN_TRIES, logger);
  const reader = createReader(connection, admin);
  const appender = createAppender({ connection, catalog });
  const subscriptions = new Set<Promise<Subscription>>();
  let closing: Promise<void> | undefined;

  async function letGo(): Promise<boolean> {
    // A subscription that could not start has told its caller so.
    const stop = (started: Promise<Subscription>) =>
      started.then(
        (subscription) => subscription.stop(),
        () => undefined,
      );
    await Promise.all([...subscriptions].map(stop));
    await Promise.all([appender.close(), reader.close()]);
    await Promise.all([admin.close(), probe.close(), connection.close()]);
    return true;
  }

  async function close(): Promise<void> {
    const done = new AbortController();
    const late = delay(CLOSE_MS, false, { signal: done.signal });
    const finished = await Promise.race([letGo(), late]).finally(() => done.abort());
    if (!finished) logger.warn("kafka: closed without an answer from the cluster");
  }

  return {
    append: (records) => appender.append(records),
    async subscribe(subscribe) {
      if (closing !== undefined) throw new Error("the event log is closed");
      assertLogName("group", subscribe.group);
      const started = startSubscription({ connection, catalog, subscribe });
      subscriptions.add(started);
      try {
        const subscription = await started;
        return {
          assigned: () => subscription.assigned(),
          stop: () => subscription.stop().finally(() => subscriptions.delete(started)),
        };
      } catch (error) {
        subscriptions.delete(started);
        throw error;
      }
    },
    read: (topic, readOptions) => reader.read(topic, readOptions),
    lag: (group, topics) => admin.use((client) => readLag(client, group, topics)),
    healthy: () => probe.healthy(),
    close() {
      closing ??= close();
      return closing;
    },
  };
}
