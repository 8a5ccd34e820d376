import type { Message, Producer, RecordMetadata } from "kafkajs";
import type { Logger } from "../../logging/index.ts";
import { RecordTooLargeError } from "../record-size.ts";
import { compressionFor } from "./compression.ts";
import type { PendingCall } from "./pending-call.ts";
import { isTooLarge, isTopicMissing } from "./send-error.ts";

/** A record on its way to one partition. */
export interface QueuedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly message: Message;
  /** Bytes of key, value and headers. */
  readonly bytes: number;
  readonly call: PendingCall;
}

/**
 * Sends the records of some partitions, one send of one partition at a time, each partition's in the order in which
 * they were added. What is added meanwhile waits and goes together.
 *
 * The rules are those under which kafkajs 2.2.4 loses nothing: one outstanding send per idempotent producer, one
 * partition per send, and no producer is used again after a send that failed or whose result does not cover what was
 * sent. It would give the sequence numbers of that send to other records, which the broker takes for repeats when the
 * first ones had arrived after all: acknowledged, but not stored.
 */
export interface ProducerLane {
  add(record: QueuedRecord): void;
  /** Refuses what has not been sent yet. */
  refuseQueued(error: unknown): void;
  /** Finishes what is queued, then disconnects. */
  close(): Promise<void>;
}

export interface ProducerLaneOptions {
  /** Makes an idempotent producer that is not connected yet. */
  createProducer(): Producer;
  /** The cluster knows no such topic any more. */
  topicMissing(topic: string): void;
  readonly logger: Logger;
}

/** Records in the largest send. */
export const MAX_SEND_RECORDS = 250;
/** Leaves room for what the format adds to a batch below the 1 MiB that topics take. */
const MAX_SEND_BYTES = 900_000;

export function createProducerLane({ createProducer, topicMissing, logger }: ProducerLaneOptions): ProducerLane {
  /** By topic and partition, in the order of their turns. */
  const queues = new Map<string, QueuedRecord[]>();
  const leaving = new Set<Promise<void>>();
  let producer: Producer | undefined;
  let running: Promise<void> | undefined;

  async function run(): Promise<void> {
    // What else is appended in this turn of the event loop goes with the first send.
    await Promise.resolve();
    for (const [id, queue] of queues) {
      queues.delete(id);
      const batch = takeBatch(queue);
      // Set anew, a queue that is not empty stands behind all others.
      if (queue.length > 0) queues.set(id, queue);
      await deliver(id, batch);
    }
    running = undefined;
  }

  /** Sends a batch. One that is too large is halved until the record that is at fault stands alone. */
  async function deliver(id: string, batch: QueuedRecord[]): Promise<void> {
    const waiting = [batch];
    for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
      const failure = await attempt(part);
      const [record] = part;
      if (failure === undefined) {
        for (const { call } of part) call.stored();
      } else if (!isTooLarge(failure.error)) {
        // Later records of a key must not overtake the earlier one that was refused. Without a producer nobody can go.
        refuse([...part, ...waiting.reverse().flat()], failure.error);
        if (failure.connecting) refuseQueued(failure.error);
        else refuseQueue(id, failure.error);
        return;
      } else if (part.length > 1) {
        const middle = part.length >> 1;
        waiting.push(part.slice(middle), part.slice(0, middle));
      } else if (record !== undefined) {
        const key = String(record.message.key);
        record.call.refused(
          new RecordTooLargeError({ topic: record.topic, key }, record.bytes, "what its broker takes for that topic"),
        );
      }
    }
  }

  /** Sends once; tells what went wrong, if anything did. */
  async function attempt(records: QueuedRecord[]): Promise<{ error: unknown; connecting: boolean } | undefined> {
    const [first] = records;
    if (first === undefined) return undefined;
    const { topic, partition } = first;
    const connecting = producer === undefined;
    const current = producer ?? createProducer();
    let connected = !connecting;
    try {
      if (!connected) await current.connect();
      connected = true;
      producer = current;
      const messages = records.map(({ message }) => message);
      const result = await current.send({ topic, messages, acks: -1, compression: compressionFor(records.length) });
      assertStored(result, topic, partition);
      return undefined;
    } catch (error) {
      logger.warn({ err: error, topic, partition, records: records.length }, "kafka: append failed, producer replaced");
      producer = undefined;
      disconnect(current);
      if (isTopicMissing(error)) topicMissing(topic);
      return { error, connecting: !connected };
    }
  }

  function disconnect(gone: Producer): void {
    const left: Promise<void> = gone
      .disconnect()
      .catch((error: unknown) => logger.warn({ err: error }, "kafka: a producer did not disconnect"))
      .finally(() => leaving.delete(left));
    leaving.add(left);
  }

  function refuseQueue(id: string, error: unknown): void {
    refuse(queues.get(id) ?? [], error);
    queues.delete(id);
  }

  function refuseQueued(error: unknown): void {
    for (const id of queues.keys()) refuseQueue(id, error);
  }

  return {
    add(record) {
      const id = `${record.topic}/${record.partition}`;
      const queue = queues.get(id);
      if (queue === undefined) queues.set(id, [record]);
      else queue.push(record);
      running ??= run();
    },
    refuseQueued,
    async close() {
      await running;
      if (producer !== undefined) disconnect(producer);
      producer = undefined;
      await Promise.all(leaving);
    },
  };
}

/** Takes what goes in one send from the front of a queue: at least one record. */
function takeBatch(queue: QueuedRecord[]): QueuedRecord[] {
  let bytes = queue[0]?.bytes ?? 0;
  let count = 1;
  for (; count < Math.min(queue.length, MAX_SEND_RECORDS); count += 1) {
    bytes += queue[count]?.bytes ?? 0;
    if (bytes > MAX_SEND_BYTES) break;
  }
  return queue.splice(0, count);
}

function refuse(records: readonly QueuedRecord[], error: unknown): void {
  for (const { topic, partition, call } of records) {
    const reason = error instanceof Error ? error.message : String(error);
    call.refused(
      new Error(`topic ${topic}, partition ${partition}: records not appended: ${reason}`, { cause: error }),
    );
  }
}

/** While a partition has no leader, kafkajs sends nothing and resolves with an empty result. */
function assertStored(result: RecordMetadata[], topic: string, partition: number): void {
  const [only] = result;
  const covered = result.length === 1 && only?.topicName === topic && only.partition === partition;
  if (!covered || only.errorCode !== 0) {
    throw new Error(`the answer does not acknowledge the records: ${JSON.stringify(result)}`);
  }
}
