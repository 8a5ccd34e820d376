import type { Consumer, EachBatchPayload, Kafka } from "kafkajs";
import type { LogRecord } from "../port.ts";
import { createHandover } from "./handover.ts";
import { toLogRecord } from "./message-record.ts";
import type { PartitionBounds } from "./topic-bounds.ts";

/** Records of one topic on their way to whoever reads them. */
export interface ReadSource {
  /** The next records, in offset order per partition; undefined when all partitions are read to their end. */
  next(): Promise<readonly LogRecord[] | undefined>;
  /** Ends the reading, leaves the group and disconnects. */
  close(): Promise<void>;
}

export interface ReadSourceOptions {
  readonly kafka: Pick<Kafka, "consumer">;
  /** A group of its own: kafkajs 2.2.4 reads only as a member of a group. Nothing is committed. */
  readonly groupId: string;
  readonly topic: string;
  /** All partitions of the topic, each with the offsets that are wanted of it. */
  readonly wanted: readonly PartitionBounds[];
  /** What the partitions hold now. Asked for when nothing comes, as retention may have removed what was wanted. */
  present(): Promise<readonly PartitionBounds[]>;
}

const HEARTBEAT_MS = 1_000;
/** Nothing is committed, so that no harm is done when a reader that stands still is taken for dead only later. */
const SESSION_MS = 30_000;
/** Short, because the last fetch waits in vain and has to end before the reader can leave. */
const FETCH_WAIT_MS = 100;
/** How long a reading that does not move on is tried again, beside kafkajs's own repeats. */
const PATIENCE_MS = 5_000;
/** How long nothing comes until it is asked whether retention removed it. */
const LOOK_MS = 1_000;
/** Bounds what a reader holds in memory: one answer of each broker, and one partition's part of it decoded. */
const FETCH_BYTES = 4_194_304;
const PARTITION_BYTES = 1_048_576;

/** Begins to read. Rejects when the cluster cannot be reached. */
export async function openReadSource({
  kafka,
  groupId,
  topic,
  wanted,
  present,
}: ReadSourceOptions): Promise<ReadSource> {
  /** What is still wanted, by partition. */
  const left = new Map(wanted.filter(({ low, high }) => low < high).map((bounds) => [bounds.partition, { ...bounds }]));
  const handover = createHandover<readonly LogRecord[]>();
  const consumer = kafka.consumer({
    groupId,
    sessionTimeout: SESSION_MS,
    heartbeatInterval: HEARTBEAT_MS,
    maxWaitTimeInMs: FETCH_WAIT_MS,
    maxBytes: FETCH_BYTES,
    maxBytesPerPartition: PARTITION_BYTES,
    allowAutoTopicCreation: false,
    // A coordinator that is still loading ends kafkajs's consumer, too. What lasts is told to whoever reads.
    retry: { restartOnFailure: async () => !closed && performance.now() - moved < PATIENCE_MS },
  });
  /** When the reading last moved on, by the clock of `performance`. */
  let moved = performance.now();
  let closed = false;

  /** A partition was read up to but not including `offset`. */
  function reached(partition: number, offset: bigint): void {
    const bounds = left.get(partition);
    if (bounds === undefined || offset <= bounds.low) return;
    moved = performance.now();
    bounds.low = offset;
    if (bounds.low < bounds.high) return;
    left.delete(partition);
    consumer.pause([{ topic, partitions: [partition] }]);
    if (left.size === 0) handover.end();
  }

  /** After each join the group's own offsets would count, and it has none. */
  function takePlaces(): void {
    const rest = wanted.map(({ partition }) => partition).filter((partition) => !left.has(partition));
    if (rest.length > 0) consumer.pause([{ topic, partitions: rest }]);
    for (const { partition, low } of left.values()) consumer.seek({ topic, partition, offset: String(low) });
  }

  async function eachBatch({ batch, heartbeat }: EachBatchPayload): Promise<void> {
    const bounds = left.get(batch.partition);
    if (bounds === undefined) return;
    const records = batch.messages
      .filter(({ offset }) => BigInt(offset) >= bounds.low && BigInt(offset) < bounds.high)
      .map((message) => toLogRecord(topic, batch.partition, message));
    if (records.length === 0) return;
    // A heartbeat that fails now fails again behind this batch, where kafkajs joins the group anew.
    const beating = setInterval(() => heartbeat().catch(() => undefined), HEARTBEAT_MS);
    await handover.give(records).finally(() => clearInterval(beating));
  }

  async function lookForRemoved(): Promise<void> {
    const found = await present();
    if (found.length === 0) throw new Error(`topic ${topic} was deleted while it was read`);
    for (const { partition, low } of found) reached(partition, low);
  }

  consumer.on(consumer.events.GROUP_JOIN, takePlaces);
  // Comes also behind batches of control records, which no handler gets to see.
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload: { partition, lastOffset } }) =>
    reached(partition, BigInt(lastOffset) + 1n),
  );
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    if (!payload.restart) handover.fail(payload.error);
  });
  const looking = setInterval(() => {
    if (handover.awaited() && performance.now() - moved > LOOK_MS) lookForRemoved().catch(handover.fail);
  }, LOOK_MS);
  const close = async () => {
    closed = true;
    clearInterval(looking);
    handover.end();
    await consumer.disconnect();
  };
  try {
    await start(consumer, topic, eachBatch);
  } catch (error) {
    await close();
    throw error;
  }
  return { next: () => handover.take(), close };
}

async function start(
  consumer: Consumer,
  topic: string,
  eachBatch: (payload: EachBatchPayload) => Promise<void>,
): Promise<void> {
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({ autoCommit: false, eachBatch });
}
