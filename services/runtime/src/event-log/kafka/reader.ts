import { randomUUID } from "node:crypto";
import type { Logger } from "../../logging/index.ts";
import type { LogRecord, ReadOptions } from "../port.ts";
import { assertLogName } from "../topics.ts";
import type { AdminSlot } from "./admin-slot.ts";
import type { KafkaConnection } from "./connection.ts";
import { openReadSource, type ReadSource } from "./read-source.ts";
import { type PartitionBounds, topicBounds } from "./topic-bounds.ts";

/** Reads topics to the end that they have when a reading begins. */
export interface Reader {
  read(topic: string, options?: ReadOptions): AsyncGenerator<LogRecord>;
  /** Ends the readings under way. */
  close(): Promise<void>;
}

export function createReader(connection: KafkaConnection, admin: AdminSlot): Reader {
  const { kafka, clientId, logger } = connection;
  const open = new Set<ReadSource>();
  let closed = false;

  const present = async (topic: string) => (await admin.use((client) => topicBounds(client, [topic]))).get(topic) ?? [];

  async function openSource(topic: string, wanted: readonly PartitionBounds[]): Promise<ReadSource> {
    const groupId = `read.${clientId}.${randomUUID()}`;
    const source = await openReadSource({ kafka, groupId, topic, wanted, present: () => present(topic) });
    let closing: Promise<void> | undefined;
    const close = async () => {
      await source.close();
      await removeGroup(admin, groupId, logger);
      open.delete(tracked);
    };
    const tracked: ReadSource = {
      next: () => source.next(),
      close() {
        closing ??= close();
        return closing;
      },
    };
    open.add(tracked);
    return tracked;
  }

  async function* read(topic: string, options: ReadOptions = {}): AsyncGenerator<LogRecord> {
    assertLogName("topic", topic);
    const wanted = (await present(topic)).map((bounds) => narrow(bounds, options));
    if (wanted.every(({ low, high }) => low >= high)) return;
    const source = await openSource(topic, wanted);
    try {
      if (closed) throw new Error("the event log is closed");
      for (let records = await source.next(); records !== undefined; records = await source.next()) yield* records;
    } finally {
      await source.close();
    }
  }

  return {
    read,
    async close() {
      closed = true;
      // An iteration that was begun and neither finished nor left is still there.
      await Promise.all([...open].map((source) => source.close()));
    },
  };
}

function narrow(
  { partition, low, high }: PartitionBounds,
  { fromOffset = 0n, partitions }: ReadOptions,
): PartitionBounds {
  const wanted = partitions === undefined || partitions.includes(partition);
  return { partition, low: wanted ? (fromOffset > low ? fromOffset : low) : high, high };
}

/** Leaves nothing behind. A group that could not be removed the broker forgets by itself, as it holds no offsets. */
async function removeGroup(admin: AdminSlot, group: string, logger: Logger): Promise<void> {
  await admin
    .use((client) => client.deleteGroups([group]))
    .catch((error: unknown) => logger.debug({ err: error, group }, "kafka: a reader's group was not removed"));
}
