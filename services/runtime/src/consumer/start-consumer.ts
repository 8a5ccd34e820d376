import { type Database, isTransient } from "../database/index.ts";
import type { EventLog, LogBatch } from "../event-log/index.ts";
import type { Logger } from "../logging/index.ts";
import type { Outbox } from "../outbox/index.ts";
import { type ApplyBatch, createBatchApplier } from "./apply-batch.ts";
import { createAttempts } from "./attempts.ts";
import type { EventHandler } from "./handler.ts";
import { isolate } from "./isolate.ts";
import { sortRecords, wantedMessages } from "./sort-records.ts";

export interface BatchConsumerOptions {
  readonly log: EventLog;
  readonly group: string;
  readonly topics: readonly string[];
  /** In the order in which a batch is applied: list them in the order of the lifecycle. */
  readonly handlers: readonly EventHandler[];
  /** Applies what is sorted out of a batch; a repeated event must be a no-op. */
  readonly apply: ApplyBatch;
  readonly logger: Logger;
  /** Records in one batch at most; 500 unless given. */
  readonly maxRecords?: number;
}

export interface ConsumerOptions extends Omit<BatchConsumerOptions, "apply"> {
  readonly database: Database;
  readonly outbox: Outbox;
}

export interface Consumer {
  /** Records that the group has not yet committed. */
  lag(): Promise<bigint>;
  /** Finishes the batch in flight, commits and leaves the group. */
  stop(): Promise<void>;
}

const MAX_RECORDS = 500;
// Failures of the same records, with backoff between them, before one of them is held to be at fault.
const ATTEMPTS_BEFORE_ISOLATION = 4;

/**
 * Starts a batch consumer of one database. Each batch is one transaction: inbox rows (of the group), the handlers'
 * effects, one outbox row with what they emit. A repeated event is a no-op. A transient error repeats the batch with
 * backoff and skips nothing; poison goes to the dead-letter topic and its neighbours pass.
 */
export function startConsumer(options: ConsumerOptions): Promise<Consumer> {
  const logger = options.logger.child({ group: options.group });
  return startBatchConsumer({ ...options, apply: createBatchApplier({ ...options, logger }) });
}

/** As {@link startConsumer}, with the caller's own way to apply a batch, such as one transaction per shard. */
export async function startBatchConsumer(options: BatchConsumerOptions): Promise<Consumer> {
  const { log, group, topics, handlers, apply, maxRecords = MAX_RECORDS } = options;
  const logger = options.logger.child({ group });
  const wanted = wantedMessages(handlers);
  const attempts = createAttempts();

  async function handle({ records, signal }: LogBatch): Promise<void> {
    const batch = sortRecords(records, wanted);
    if (batch.events.length === 0 && batch.poison.length === 0) {
      return;
    }
    const attempt = attempts.next(records);
    try {
      await apply(batch, attempt, signal);
    } catch (error) {
      if (attempt < ATTEMPTS_BEFORE_ISOLATION || isTransient(error) || signal.aborted) {
        attempts.failed(records);
        throw error;
      }
      logger.error({ err: error, attempt }, "consumer: batch keeps failing, applying its events one by one");
      await isolate(batch, apply, attempt, signal);
    }
    attempts.succeeded(records);
  }

  const subscription = await log.subscribe({ group, topics, maxRecords, handle });
  return { lag: () => log.lag(group, topics), stop: () => subscription.stop() };
}
