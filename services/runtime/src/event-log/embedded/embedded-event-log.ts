import { fileURLToPath } from "node:url";
import { keyedPlans, migrate, openDatabase } from "../../database/index.ts";
import type { Logger } from "../../logging/index.ts";
import type { EventLog, EventLogOptions } from "../port.ts";
import { EVENT_RETENTION_MS } from "../retention-times.ts";
import { assertLogName } from "../topics.ts";
import { createAppender } from "./appender.ts";
import { readLag, readTopic } from "./reader.ts";
import { startRetention } from "./retention.ts";
import { type EmbeddedSubscription, startSubscription } from "./subscription.ts";
import { createTopicCatalog } from "./topic-catalog.ts";
import { openWakeChannel } from "./wake-channel.ts";

const MIGRATIONS = fileURLToPath(new URL("migrations", import.meta.url));
const PING = { name: "log_ping", text: "SELECT 1" };

/**
 * Creates or updates the tables of the embedded log. Opening the log does it too; call it first as the owner of
 * the database where the services' roles may not create tables.
 */
export function migrateEventLog(options: { url: string; logger: Logger }): Promise<string[]> {
  return migrate({ ...options, directory: MIGRATIONS });
}

/** Opens the event log that lives in PostgreSQL, for one machine. */
export async function openEmbeddedEventLog(options: EventLogOptions): Promise<EventLog> {
  const { url, clientId, logger } = options;
  await migrateEventLog({ url, logger });
  // Appends have a connection of their own, which keeps them in order and durable. Everything else may be
  // lost in a crash of the database and is repeated then, so it need not wait for the disk.
  const appends = openDatabase({ url, poolSize: 1, name: `${clientId} log append`, logger, settings: keyedPlans });
  const state = openDatabase({
    url,
    poolSize: 4,
    name: `${clientId} log`,
    logger,
    settings: { ...keyedPlans, synchronous_commit: "off" },
  });
  const catalog = createTopicCatalog(state);
  const subscriptions = new Set<EmbeddedSubscription>();
  const channel = openWakeChannel(
    state,
    {
      onAppended(topics) {
        for (const subscription of subscriptions) {
          if (topics === undefined || subscription.topics.some((topic) => topics.has(topic))) {
            subscription.wake();
          }
        }
      },
      onMembersChanged(group) {
        for (const subscription of subscriptions) {
          if (subscription.group === group) {
            subscription.membersChanged();
          }
        }
      },
    },
    logger,
  );
  const appender = createAppender(appends, catalog, (topics) => channel.appended(topics));
  const stopRetention = startRetention(state, EVENT_RETENTION_MS, logger);
  let closing: Promise<void> | undefined;

  async function close(): Promise<void> {
    await Promise.all([...subscriptions].map((subscription) => subscription.stop()));
    await appender.idle();
    stopRetention();
    await channel.close();
    await Promise.all([appends.close(), state.close()]);
  }

  return {
    append: (records) => appender.append(records),
    async subscribe(subscribe) {
      assertLogName("group", subscribe.group);
      const partitions = (await catalog.resolve(subscribe.topics)).flatMap((topic) => topic.partitions);
      const announce = (group: string) => channel.membersChanged(group);
      const subscription = await startSubscription({
        database: state,
        clientId,
        subscribe,
        partitions,
        announce,
        logger,
      });
      subscriptions.add(subscription);
      // Records may have come between its first look and its registration for wake-ups.
      subscription.wake();
      return {
        assigned: () => subscription.assigned(),
        stop: () => subscription.stop().finally(() => subscriptions.delete(subscription)),
      };
    },
    async *read(topic, readOptions) {
      const [found] = await catalog.resolve([topic]);
      if (found !== undefined) {
        yield* readTopic(state, found, readOptions);
      }
    },
    lag: (group, topics) => readLag(state, group, topics),
    healthy: () =>
      state.query(PING).then(
        () => true,
        () => false,
      ),
    close() {
      closing ??= close();
      return closing;
    },
  };
}
