import type { Consumer, EachBatchPayload } from "kafkajs";
import type { Logger } from "../../logging/index.ts";
import type { SubscribeOptions, TopicPartition } from "../port.ts";
import { createKafkaClient } from "./client.ts";
import { createCommits } from "./commits.ts";
import type { KafkaConnection } from "./connection.ts";
import { CONSUMER_SETTINGS } from "./consumer-settings.ts";
import { createHeartbeat } from "./heartbeat.ts";
import { createLanes } from "./lanes.ts";
import { createLease } from "./lease.ts";

/** One kafkajs consumer, from its first join of the group until it is stopped or crashes. */
export interface ConsumerSession {
  /** Joins. Rejects when that fails; stop it then. */
  start(): Promise<void>;
  assigned(): readonly TopicPartition[];
  /** The id under which it joined last; undefined before. */
  memberId(): string | undefined;
  /** Resolves with the reason when the consumer has given up. */
  readonly crashed: Promise<Error>;
  /** Begins no more batches and waits for those in flight. */
  idle(): Promise<void>;
  /** Finishes what is in flight, commits it and leaves the group. */
  stop(): Promise<void>;
}

export async function createConsumerSession(options: {
  connection: KafkaConnection;
  subscribe: SubscribeOptions;
  /** How many partitions the topics have in all. */
  partitions: number;
  logger: Logger;
}): Promise<ConsumerSession> {
  const { connection, subscribe, partitions, logger } = options;
  // A client of its own: kafkajs keeps committed offsets per client and group, which two consumers would mix up.
  const client = await createKafkaClient(connection);
  const consumer = client.consumer({ ...CONSUMER_SETTINGS, groupId: subscribe.group });
  const crashed = Promise.withResolvers<Error>();
  let crash: Error | undefined;
  let started: Promise<void> | undefined;
  let memberId: string | undefined;
  let lease = createLease();
  let assigned: readonly TopicPartition[] = [];
  let latest: EachBatchPayload | undefined;
  let inFlight = 0;

  /** The consumer is of no use any more: what it knows must not be committed. */
  function abandon(reason: Error): void {
    crash ??= reason;
    commits.stop();
    lease.replace();
    crashed.resolve(reason);
  }

  const commits = createCommits({
    payload: () => latest,
    lease: () => lease,
    topicGone: (cause) => abandon(new Error("a topic of the subscription was deleted", { cause })),
    logger,
  });
  const lanes = createLanes({
    maxRecords: subscribe.maxRecords,
    handle: async (batch) => subscribe.handle(batch),
    progressed: () => commits.schedule(),
    confirm: () => heartbeat.confirm(),
    logger,
  });
  const heartbeat = createHeartbeat({ send: async () => latest?.heartbeat(), lease: () => lease, logger });

  async function eachBatch(payload: EachBatchPayload): Promise<void> {
    latest = payload;
    inFlight += 1;
    if (inFlight === 1) heartbeat.start();
    try {
      await lanes.accept(payload, lease);
    } finally {
      inFlight -= 1;
      if (inFlight === 0) heartbeat.stop();
    }
  }

  function joined(assignment: Readonly<Record<string, readonly number[]>>): void {
    heartbeat.answered();
    lease.replace();
    lease = createLease();
    lease.lost.addEventListener("abort", () => {
      assigned = [];
    });
    assigned = Object.entries(assignment).flatMap(([topic, list]) => list.map((partition) => ({ topic, partition })));
    logger.debug({ assigned }, "event log: joined the consumer group");
  }

  function listen({ events, on }: Consumer): void {
    on(events.GROUP_JOIN, ({ payload }) => {
      memberId = payload.memberId;
      joined(payload.memberAssignment);
    });
    on(events.HEARTBEAT, () => heartbeat.answered());
    // Emitted right before the runner joins again: brokers take commits of the old generation until then.
    on(events.REBALANCING, () => {
      lease.end();
      void commits.flush();
    });
    on(events.CRASH, ({ payload }) => abandon(payload.error));
  }

  async function start(): Promise<void> {
    listen(consumer);
    await consumer.connect();
    await consumer.subscribe({ topics: [...subscribe.topics], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: partitions,
      eachBatch,
    });
    if (crash !== undefined) throw crash;
  }

  async function stop(): Promise<void> {
    await lanes.stop();
    // A consumer that is told to stop while it joins goes on when it has joined.
    await started?.catch(() => undefined);
    commits.stop();
    if (crash === undefined) await commits.flush();
    const left = consumer.disconnect();
    // Only now, or kafkajs would fetch the same again and again.
    lanes.release();
    await left;
    lease.replace();
  }

  return {
    start() {
      started ??= start();
      return started;
    },
    assigned: () => assigned,
    memberId: () => memberId,
    crashed: crashed.promise,
    idle: () => lanes.stop(),
    stop,
  };
}
