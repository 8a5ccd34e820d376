import { type Database, isTransient } from "../database/index.ts";
import { PoisonError } from "../errors/index.ts";
import type { EventLog, LogBatch, LogRecord } from "../event-log/index.ts";
import type { Event } from "../events/index.ts";
import type { Logger } from "../logging/index.ts";
import type { Outbox } from "../outbox/index.ts";
import { type ApplyPorts, applyBatch } from "./apply-batch.ts";
import type { EventHandler } from "./handler.ts";
import { type Poison, type SortedRecords, sortRecords, wantedMessages } from "./sort-records.ts";

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
  /** Finishes the batch in flight, commits and leaves the group. */
  stop(): Promise<void>;
}

/** After so many tries a fault that is not known to be transient is taken for the fault of one event. */
const attemptsBeforeIsolation = 5;

/**
 * Consumes topics: each batch is applied in one transaction with its inbox rows. Poison goes to the dead letters while
 * its neighbours pass; a transient fault pauses the partition and the same records come again.
 */
export async function startConsumer(options: ConsumerOptions): Promise<Consumer> {
  const { log, group, topics, handlers, logger, maxRecords = 500 } = options;
  const wanted = wantedMessages(handlers);
  const attempts = new Map<string, number>();

  const handle = async ({ records, signal }: LogBatch): Promise<void> => {
    const place = placeOf(records);
    try {
      await applyWithoutPoison(options, sortRecords(records, wanted), signal, attempts.get(place) ?? 1);
      attempts.delete(place);
    } catch (error) {
      if (signal.aborted || isTransient(error)) throw error;
      const failed = (attempts.get(place) ?? 0) + 1;
      attempts.set(place, failed);
      logger.warn({ err: error, group, attempts: failed, records: records.length }, "a batch could not be applied");
      if (failed < attemptsBeforeIsolation) throw error;
      await applySingly(options, sortRecords(records, wanted), signal, failed);
      attempts.delete(place);
    }
  };
  const subscription = await log.subscribe({ group, topics, maxRecords, handle });
  return { stop: () => subscription.stop() };
}

/** Applies a batch, again without each event that a handler calls poison. */
async function applyWithoutPoison(
  ports: ApplyPorts,
  sorted: SortedRecords,
  signal: AbortSignal,
  attempts: number,
): Promise<void> {
  let { events, poison } = sorted;
  for (;;) {
    try {
      await applyBatch(ports, { events, poison }, signal);
      for (const each of poison) logDeadLetter(ports, each);
      return;
    } catch (error) {
      const culprit = error instanceof PoisonError ? events.find((event) => event.id === error.eventId) : undefined;
      if (!(error instanceof PoisonError) || culprit === undefined) throw error;
      events = events.filter((event) => event.id !== error.eventId);
      poison = [...poison, { record: culprit.record, reason: error.message, attempts }];
    }
  }
}

/** Applies the events one by one; those that still fail, and not for a transient reason, are the poison. */
async function applySingly(
  ports: ApplyPorts,
  { events, poison }: SortedRecords,
  signal: AbortSignal,
  attempts: number,
): Promise<void> {
  await applyWithoutPoison(ports, { events: [], poison }, signal, attempts);
  for (const event of events) {
    try {
      await applyWithoutPoison(ports, { events: [event], poison: [] }, signal, attempts);
    } catch (error) {
      if (signal.aborted || isTransient(error)) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      await applyWithoutPoison(ports, { events: [], poison: [poisonOf(event, reason, attempts)] }, signal, attempts);
    }
  }
}

const poisonOf = (event: Event, reason: string, attempts: number): Poison => ({
  record: event.record,
  reason,
  attempts,
});

function logDeadLetter({ logger, group }: ApplyPorts, { record, reason, attempts }: Poison): void {
  const { topic, partition, offset, key } = record;
  logger.error({ group, topic, partition, offset: String(offset), key, attempts, reason }, "event dead-lettered");
}

/** Where a batch begins: the same records that come again are known by it. */
function placeOf(records: readonly LogRecord[]): string {
  const [first] = records;
  return first === undefined ? "" : `${first.topic}/${first.partition}/${first.offset}`;
}
