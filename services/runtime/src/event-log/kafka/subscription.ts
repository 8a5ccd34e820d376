import { setTimeout as delay } from "node:timers/promises";
import { backoffMs } from "../../batching/index.ts";
import type { SubscribeOptions, Subscription } from "../port.ts";
import { logBackoff } from "../timing.ts";
import { assertLogName } from "../topics.ts";
import type { KafkaConnection } from "./connection.ts";
import { type ConsumerSession, createConsumerSession } from "./consumer-session.ts";
import { claimMemberName } from "./predecessors.ts";
import type { TopicCatalog } from "./topic-catalog.ts";

export interface KafkaSubscriptionOptions {
  readonly connection: KafkaConnection;
  readonly catalog: TopicCatalog;
  readonly subscribe: SubscribeOptions;
}

/** How long a start waits for a cluster that does not answer before it goes on in the background. */
const START_MS = 3_000;
/** Failures in a row from which on somebody should look. */
const WORRYING_FAILURES = 3;
/** How long a stop waits for such a cluster once nothing is in flight any more. */
const LEAVE_MS = 5_000;

/**
 * Joins a group. Resolves when it has been joined, or after three seconds if the cluster does not answer: joining then
 * goes on in the background until `stop`.
 * @throws TypeError when the name of the group or of a topic is not one
 */
export async function startSubscription(options: KafkaSubscriptionOptions): Promise<Subscription> {
  const { connection, catalog, subscribe } = options;
  const { group, topics } = subscribe;
  assertLogName("group", group);
  for (const topic of topics) assertLogName("topic", topic);
  const logger = connection.logger.child({ group });
  const name = claimMemberName(connection, group, logger);
  const stopping = new AbortController();
  const stopped = Promise.withResolvers<undefined>();
  const joined = Promise.withResolvers<void>();
  const former = new Set<string>();
  let session: ConsumerSession | undefined;
  let failures = 0;

  /** Joins, and stays until the consumer crashes or is stopped; rejects with what went wrong. */
  async function stay(): Promise<void> {
    await catalog.resolve(topics);
    await name.removePredecessors(former);
    former.clear();
    const partitions = topics.reduce((sum, topic) => sum + (catalog.known(topic) ?? 0), 0);
    const consumer = await createConsumerSession({ connection, subscribe, partitions, logger });
    if (stopping.signal.aborted) return;
    session = consumer;
    try {
      await consumer.start();
      joined.resolve();
      failures = 0;
      const crash = await Promise.race([consumer.crashed, stopped.promise]);
      if (crash !== undefined) throw crash;
    } finally {
      await consumer.stop();
      session = undefined;
      const memberId = consumer.memberId();
      if (memberId !== undefined) former.add(memberId);
    }
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await stay();
      } catch (error) {
        failures += 1;
        // A cluster that is new or restarts takes a moment to know who coordinates the group.
        const level = failures < WORRYING_FAILURES ? "info" : "warn";
        logger[level]({ err: error, attempt: failures }, "event log: not in the consumer group, joining again");
        // A topic that was deleted is created anew.
        for (const topic of topics) catalog.forget(topic);
        await delay(backoffMs(failures, logBackoff), undefined, { signal: stopping.signal }).catch(() => undefined);
      }
    }
  }

  const running = run().finally(() => name.release());
  await within(START_MS, joined.promise);
  return {
    assigned: () => session?.assigned() ?? [],
    async stop() {
      stopping.abort();
      stopped.resolve(undefined);
      await session?.idle();
      await within(LEAVE_MS, running);
    },
  };
}

/** Waits for the promise, but no longer than so many milliseconds. */
async function within(ms: number, promise: Promise<void>): Promise<void> {
  const timer = new AbortController();
  try {
    await Promise.race([promise, delay(ms, undefined, { signal: timer.signal })]);
  } finally {
    timer.abort();
  }
}
