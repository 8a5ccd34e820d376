import type { Database } from "../database/index.ts";
import type { EventRecord } from "../event-log/index.ts";
import { claimFresh } from "../inbox/index.ts";
import type { Logger } from "../logging/index.ts";
import type { Outbox } from "../outbox/index.ts";
import { deadLetterRecord } from "./dead-letter-record.ts";
import type { ApplyContext, EventHandler } from "./handler.ts";
import type { SortedRecords } from "./sort-records.ts";

export interface ApplyPorts {
  readonly database: Database;
  readonly outbox: Outbox;
  readonly group: string;
  readonly handlers: readonly EventHandler[];
  readonly logger: Logger;
}

/**
 * Applies a batch in one transaction: inbox rows, effects, and the outbox row with what follows, dead letters included.
 * Events that the inbox knows change nothing. Rejects with whatever a handler or the database throws; nothing is then
 * applied.
 */
export async function applyBatch(ports: ApplyPorts, sorted: SortedRecords, signal: AbortSignal): Promise<void> {
  const { events, poison } = sorted;
  if (events.length === 0 && poison.length === 0) return;
  const { database, outbox, group, handlers, logger } = ports;
  const records: EventRecord[] = poison.map((each) => deadLetterRecord(each, group));
  const hooks: (() => void | Promise<void>)[] = [];
  const context: ApplyContext = {
    emit: (record) => void records.push(record),
    afterCommit: (hook) => void hooks.push(hook),
    signal,
  };
  await database.transaction(
    async (tx) => {
      const fresh = await claimFresh(
        tx,
        group,
        events.map((event) => event.id),
      );
      // Taking ids out as they are met drops the second of two equal events in one batch.
      const todo = events.filter((event) => fresh.delete(event.id));
      for (const handler of handlers) {
        const own = todo.filter((event) => handler.messages.some((message) => message.typeName === event.type));
        if (own.length > 0) await handler.apply(own, tx, context);
      }
      await outbox.append(tx, records);
    },
    { signal },
  );
  if (records.length > 0) outbox.committed();
  for (const hook of hooks) {
    try {
      await hook();
    } catch (error) {
      // The effects are committed; what a hook hands over is also found by its worker's poll.
      logger.error({ err: error, group }, "a hook failed after its batch was committed");
    }
  }
}
