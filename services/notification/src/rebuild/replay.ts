// Reads the events of orders from where an earlier reading ended, and hands on the messages that they call for.
import { ordersTopic } from "@ordermesh/proto/topics";
import { sortRecords } from "@ordermesh/runtime/consumer";
import { PoisonError } from "@ordermesh/runtime/errors";
import type { EventLog, LogRecord } from "@ordermesh/runtime/event-log";
import type { Event } from "@ordermesh/runtime/events";
import { notificationOf, type OrderMessage, orderMessages } from "../consumers/order-notification.ts";
import type { PlacedNotification } from "./fresh-store.ts";

/** Offset of the next record by partition; a partition that nothing was read of is not there. */
export type Positions = ReadonlyMap<number, bigint>;

/** What was read. */
export interface ReplayCounts {
  readonly records: number;
  /** Records that the live consumer cannot apply either: they are dead letters. */
  readonly poison: number;
  /** Events that are older than messages are kept. */
  readonly tooOld: number;
}

/** What was read in all, and where it ended. */
export interface Replayed {
  readonly positions: Positions;
  readonly counts: ReplayCounts;
}

export const nothingRead: Replayed = { positions: new Map(), counts: { records: 0, poison: 0, tooOld: 0 } };

export interface ReplayOptions {
  readonly log: Pick<EventLog, "read">;
  /** What was read before. */
  readonly from: Replayed;
  /** Events from before are left out. */
  readonly oldest: Date;
  /** Takes in messages, those of one partition in their order. */
  put(messages: readonly PlacedNotification[]): Promise<void>;
  /** Called as records have been taken in, with how many. */
  onProgress?(records: number): void;
  readonly signal: AbortSignal;
}

const BATCH_RECORDS = 1_000;
/** No topic has more partitions. Asking for one that does not exist costs nothing. */
const MOST_PARTITIONS = 10_000;

const wanted = new Map(orderMessages.map((schema) => [schema.typeName, schema]));

/**
 * Reads to the end that the topic has now. The partitions have offsets of their own, so each that is known is a reading of
 * its own, all at once; what is held is one batch of each.
 */
export async function replay(options: ReplayOptions): Promise<Replayed> {
  const { log, from, signal } = options;
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  const known = from.positions;
  const positions = new Map(known);
  const counts = { ...from.counts };

  /** One batch at a time, whichever partition it is of: they share a connection. */
  let turn: Promise<void> = Promise.resolve();
  function takeInTurn(records: readonly LogRecord[]): Promise<void> {
    turn = turn.then(() => take(records));
    return turn;
  }

  async function take(records: readonly LogRecord[]): Promise<void> {
    const sorted = sortMessages(records, options.oldest);
    stop.throwIfAborted();
    await options.put(sorted.messages);
    for (const { partition, offset } of records) positions.set(partition, offset + 1n);
    counts.records += records.length;
    counts.poison += sorted.poison;
    counts.tooOld += sorted.tooOld;
    options.onProgress?.(records.length);
  }

  async function readThrough(reading: AsyncIterable<LogRecord>): Promise<void> {
    let batch: LogRecord[] = [];
    try {
      for await (const record of reading) {
        stop.throwIfAborted();
        if (batch.push(record) < BATCH_RECORDS) continue;
        await takeInTurn(batch);
        batch = [];
      }
      await takeInTurn(batch);
    } catch (error) {
      failed.abort(error);
      throw error;
    }
  }

  const unseen = Array.from({ length: MOST_PARTITIONS }, (_, partition) => partition).filter(
    (each) => !known.has(each),
  );
  const readings = [
    log.read(ordersTopic, { partitions: unseen }),
    ...[...known].map(([partition, fromOffset]) => log.read(ordersTopic, { partitions: [partition], fromOffset })),
  ];
  // All have ended when this rejects: none goes on to write behind it.
  await Promise.allSettled(readings.map(readThrough));
  stop.throwIfAborted();
  return { positions, counts };
}

/** Sorts as the live consumer does: what is poison there is poison here. */
function sortMessages(records: readonly LogRecord[], oldest: Date) {
  const { events, poison } = sortRecords(records, wanted);
  const messages: PlacedNotification[] = [];
  let [unfit, tooOld] = [poison.length, 0];
  for (const event of events) {
    try {
      const notification = notificationOf(event as Event<OrderMessage>);
      const { partition, offset } = event.record;
      if (event.time < oldest) tooOld += 1;
      else messages.push({ ...notification, partition, offset });
    } catch (error) {
      if (!(error instanceof PoisonError)) throw error;
      unfit += 1;
    }
  }
  return { messages, poison: unfit, tooOld };
}
