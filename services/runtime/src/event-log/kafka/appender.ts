import type { PartitionerArgs } from "kafkajs";
import type { EventRecord } from "../port.ts";
import { checkedRecordBytes } from "../record-size.ts";
import { assertLogName, partitionOfKey } from "../topics.ts";
import type { KafkaConnection } from "./connection.ts";
import { createPendingCall, type PendingCall } from "./pending-call.ts";
import { createProducerLane, type ProducerLane } from "./producer-lane.ts";
import { toMessage } from "./record-message.ts";
import type { TopicCatalog } from "./topic-catalog.ts";

export interface Appender {
  /**
   * Resolves when all records are durable. Rejects as soon as one is refused; others of the same call may have been or
   * may still be appended. With a record also those are refused that wait for the same partition, so that none
   * overtakes it; not so behind a record that is too large, as no repeat could append it.
   */
  append(records: readonly EventRecord[]): Promise<void>;
  /** Finishes what was appended, for some seconds at most, then disconnects. */
  close(): Promise<void>;
}

export interface AppenderOptions {
  readonly connection: Pick<KafkaConnection, "kafka" | "logger">;
  readonly catalog: TopicCatalog;
}

/** A call that waits until its topics are known. */
interface WaitingCall {
  readonly records: readonly EventRecord[];
  readonly bytes: readonly number[];
  readonly topics: ReadonlySet<string>;
  readonly call: PendingCall;
}

/** One producer has one send under way, so several let several partitions go at once. */
const LANES = 4;
const CLOSE_MS = 5_000;

/** Every message names its partition: kafkajs needs not choose. */
const givenPartition = ({ message }: PartitionerArgs): number => message.partition ?? 0;

/** Appends over a few idempotent producers, each connected when it is first needed. */
export function createAppender({ connection, catalog }: AppenderOptions): Appender {
  const { kafka, logger } = connection;
  const waiting: WaitingCall[] = [];
  let resolving: Promise<void> | undefined;
  let closing: Promise<void> | undefined;

  const createProducer = () =>
    kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: () => givenPartition,
    });
  const topicMissing = (topic: string) => {
    logger.error({ topic }, "kafka: the cluster has lost a topic; the next append creates it anew");
    catalog.forget(topic);
  };
  const lanes: readonly ProducerLane[] = Array.from({ length: LANES }, () =>
    createProducerLane({ createProducer, topicMissing, logger }),
  );

  const unknownOf = (topics: ReadonlySet<string>) => [...topics].filter((topic) => catalog.known(topic) === undefined);

  /** Hands each record to the lane of its partition. All topics are known. */
  function distribute({ records, bytes, call }: WaitingCall): void {
    for (const [index, record] of records.entries()) {
      const { topic, key } = record;
      const partition = partitionOfKey(key, catalog.known(topic));
      lanes[partition % LANES]?.add({
        topic,
        partition,
        message: toMessage(record, partition),
        bytes: bytes[index] ?? 0,
        call,
      });
    }
  }

  /** Lets waiting calls go in their order, learning of their topics. */
  async function admit(): Promise<void> {
    for (let head = waiting[0]; head !== undefined; head = waiting[0]) {
      const unknown = unknownOf(head.topics);
      if (unknown.length === 0) {
        waiting.shift();
        distribute(head);
        continue;
      }
      await catalog.resolve(unknown).catch((error: unknown) => refuseFirst(error));
    }
    resolving = undefined;
  }

  /** Refuses the first waiting call, and with it all behind it that share a topic with one that is refused. */
  function refuseFirst(error: unknown): void {
    const refused = new Set(waiting[0]?.topics);
    for (const next of waiting.splice(0)) {
      if (refused.isDisjointFrom(next.topics)) {
        waiting.push(next);
        continue;
      }
      for (const topic of next.topics) refused.add(topic);
      next.call.refused(error);
    }
  }

  async function finish(): Promise<boolean> {
    await resolving;
    await Promise.all(lanes.map((lane) => lane.close()));
    return true;
  }

  async function close(): Promise<void> {
    const late = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => late.resolve(false), CLOSE_MS);
    const finished = await Promise.race([finish(), late.promise]);
    clearTimeout(timer);
    if (finished) return;
    logger.warn("kafka: closed while appends were under way; what was not sent is refused");
    const error = new Error("the event log was closed before the records were sent");
    for (const { call } of waiting.splice(0)) call.refused(error);
    for (const lane of lanes) lane.refuseQueued(error);
  }

  return {
    async append(records) {
      if (records.length === 0) return;
      if (closing !== undefined) throw new Error("the event log is closed");
      const topics = new Set(records.map(({ topic }) => topic));
      for (const topic of unknownOf(topics)) assertLogName("topic", topic);
      const bytes = records.map(checkedRecordBytes);
      const call = createPendingCall(records.length);
      const next: WaitingCall = { records, bytes, topics, call };
      if (waiting.length === 0 && unknownOf(topics).length === 0) {
        distribute(next);
      } else {
        waiting.push(next);
        resolving ??= admit();
      }
      return call.settled;
    },
    close() {
      closing ??= close();
      return closing;
    },
  };
}
