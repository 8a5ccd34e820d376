import type { Database, Transaction } from "../database/index.ts";
import { PoisonError } from "../errors/index.ts";
import type { EventRecord } from "../event-log/index.ts";
import type { Event } from "../events/index.ts";
import { claimAll, claimFresh, isRepeat } from "../inbox/index.ts";
import type { Logger } from "../logging/index.ts";
import { deadLetters } from "../metrics/index.ts";
import type { Outbox } from "../outbox/index.ts";
import { deadLetterRecord, deadLetterTicket } from "./dead-letter-record.ts";
import type { ApplyContext, EventHandler } from "./handler.ts";
import type { Poison, SortedRecords } from "./sort-records.ts";

/** Applies a batch in one transaction; `attempt` counts from 1 and is noted on the dead letters of its poison. */
export type ApplyBatch = (batch: SortedRecords, attempt: number, signal: AbortSignal) => Promise<void>;

type Hook = Parameters<ApplyContext["afterCommit"]>[0];

interface Effects {
  readonly emitted: EventRecord[];
  readonly hooks: Hook[];
}

export function createBatchApplier(options: {
  database: Database;
  outbox: Outbox;
  group: string;
  handlers: readonly EventHandler[];
  logger: Logger;
}): ApplyBatch {
  const { database, outbox, group, logger } = options;
  const plan = options.handlers.map((handler) => ({
    handler,
    types: new Set(handler.messages.map((message) => message.typeName)),
  }));

  /** Repeats are rare, so the events are first taken to be all fresh. */
  async function applyOnce(batch: SortedRecords, signal: AbortSignal): Promise<Effects> {
    try {
      return await applyWith(claimDistinct, batch, signal);
    } catch (error) {
      if (!isRepeat(error)) throw error;
      return applyWith(claimFresh, batch, signal);
    }
  }

  async function applyWith(claim: typeof claimFresh, batch: SortedRecords, signal: AbortSignal): Promise<Effects> {
    return database.transaction(
      async (tx) => {
        const effects: Effects = { emitted: [], hooks: [] };
        await claimAndApply(claim, tx, batch.events, effects, signal);
        await bury(tx, batch.poison, effects);
        if (effects.emitted.length > 0) {
          await outbox.append(tx, effects.emitted);
        }
        return effects;
      },
      { signal },
    );
  }

  async function claimAndApply(
    claim: typeof claimFresh,
    tx: Transaction,
    events: readonly Event[],
    effects: Effects,
    signal: AbortSignal,
  ) {
    if (events.length === 0) {
      return;
    }
    const claimed = await claim(
      tx,
      group,
      events.map((event) => event.id),
    );
    // An id that comes twice in one batch is applied once.
    const fresh = events.filter((event) => claimed.delete(event.id));
    const context: ApplyContext = {
      signal,
      emit: (record) => void effects.emitted.push(record),
      afterCommit: (hook) => void effects.hooks.push(hook),
    };
    for (const { handler, types } of plan) {
      const wanted = fresh.filter((event) => types.has(event.type));
      if (wanted.length > 0) {
        await handler.apply(wanted, tx, context);
      }
    }
  }

  async function bury(tx: Transaction, poison: readonly Poison[], effects: Effects) {
    if (poison.length === 0) {
      return;
    }
    const tickets = poison.map(({ record }) => deadLetterTicket(record));
    const fresh = await claimFresh(tx, `${group}.dlq`, tickets);
    const buried = poison.filter((_, index) => fresh.delete(tickets[index] ?? ""));
    effects.emitted.push(...buried.map((each) => deadLetterRecord(each, group)));
    effects.hooks.push(() => {
      deadLetters.inc({ group }, buried.length);
      for (const { record, reason, attempts } of buried) {
        const { topic, partition, offset, key } = record;
        logger.error({ topic, partition, offset: String(offset), key, attempts, reason }, "event dead-lettered");
      }
    });
  }

  return async (batch, attempt, signal) => {
    let { events } = batch;
    const poison = [...batch.poison];
    let effects: Effects | undefined;
    while (effects === undefined) {
      try {
        effects = await applyOnce({ events, poison }, signal);
      } catch (error) {
        // Without the poison the rest is applied anew; each turn takes one event out, so this ends.
        const culprit = error instanceof PoisonError ? events.find((event) => event.id === error.eventId) : undefined;
        if (!(error instanceof PoisonError) || culprit === undefined) {
          throw error;
        }
        events = events.filter((event) => event.id !== culprit.id);
        poison.push({ record: culprit.record, reason: error.message, attempts: attempt });
      }
    }
    if (effects.emitted.length > 0) {
      outbox.committed();
    }
    await runHooks(effects.hooks, logger);
  };
}

/** Claims the ids, each once, as all fresh. */
async function claimDistinct(tx: Transaction, group: string, eventIds: readonly string[]): Promise<Set<string>> {
  const distinct = new Set(eventIds);
  await claimAll(tx, group, [...distinct]);
  return distinct;
}

/** What is committed stays committed: a hook that fails is reported and the others run. */
async function runHooks(hooks: readonly Hook[], logger: Logger): Promise<void> {
  for (const hook of hooks) {
    try {
      await hook();
    } catch (error) {
      logger.error({ err: error }, "consumer: a hook after the commit failed");
    }
  }
}
