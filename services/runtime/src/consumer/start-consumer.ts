import { type Database, isTransient } from "../database/index.ts";
import type { EventLog, LogBatch } from "../event-log/index.ts";
import type { Logger } from "../logging/index.ts";
import type { Outbox } from "../outbox/index.ts";
import { createBatchApplier } from "./apply-batch.ts";
import { createAttempts } from "./attempts.ts";
import type { EventHandler } from "./handler.ts";
import { isolate } from "./isolate.ts";
import { sortRecords, wantedMessages } from "./sort-records.ts";

export interface ConsumerOptions {
  readonly database: Database;
  readonly log: EventLog;
  readonly outbox: Outbox;
  /** Consumer group; also the group of its inbox rows. */
  readonly group: string;
  readonly topics: readonly string[];
  /** In the order in which a batch is applied: list them in the order of the lifecycle. */
  readonly handlers: readonly EventHandler[];
  readonly logger: Logger;
  /** Records in one batch at most; 500 unless given. */
  readonly maxRecords?: number;
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
 * Starts a batch consumer. Each batch is one transaction: inbox rows, the handlers' effects, one outbox row with
 * what they emit. A repeated event is a no-op. A transient error repeats the batch with backoff and skips nothing;
 * poison goes to the dead-letter topic and its neighbours pass.
 */
export async function startConsumer(options: ConsumerOptions): Promise<Consumer> {
  const { log, group, topics, handlers, maxRecords = MAX_RECORDS } = options;
  const logger = options.logger.child({ group });
  const wanted = wantedMessages(handlers);
  const apply = createBatchApplier({ ...options, logger });
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
