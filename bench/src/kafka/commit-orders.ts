// Commits events at a steady rate through an outbox, and remembers when each commit was done.
import type { Database } from "@ordermesh/runtime/database";
import type { Outbox } from "@ordermesh/runtime/outbox";
import { sampleRecord } from "./sample-records.ts";

export interface CommitOptions {
  readonly database: Database;
  readonly outbox: Outbox;
  readonly topic: string;
  readonly perSecond: number;
  /** Commits of the first `warmupMs` are not among the result. */
  readonly warmupMs: number;
  readonly measuredMs: number;
}

export interface Commits {
  /** All of them, those of the warm-up included. */
  readonly total: number;
  /** Milliseconds since the epoch when the commit was acknowledged, by event id. */
  readonly times: ReadonlyMap<string, number>;
  /** Of the measured ones, from the first that was due to the last acknowledgement. */
  readonly perSecond: number;
}

const paceMs = 2;

/** One commit per order, with one event each, as they become due; one that is late is not left out. */
export async function commitOrders(options: CommitOptions): Promise<Commits> {
  const { database, outbox, topic, perSecond, warmupMs, measuredMs } = options;
  const times = new Map<string, number>();
  const underWay: Promise<void>[] = [];
  const total = Math.round(((warmupMs + measuredMs) * perSecond) / 1000);
  const warmup = Math.round((warmupMs * perSecond) / 1000);

  const commit = async (index: number): Promise<void> => {
    const record = sampleRecord(topic);
    await database.transaction((tx) => outbox.append(tx, [record]));
    if (index >= warmup) times.set(record.id, performance.timeOrigin + performance.now());
    outbox.committed();
  };
  const start = performance.now();
  const finished = Promise.withResolvers<void>();
  const timer = setInterval(() => {
    const due = Math.min(total, Math.floor(((performance.now() - start) * perSecond) / 1000));
    while (underWay.length < due) {
      const next = commit(underWay.length);
      // It is awaited below; until then a failure must not count as unhandled.
      next.catch(finished.reject);
      underWay.push(next);
    }
    if (underWay.length === total) finished.resolve();
  }, paceMs);
  try {
    await finished.promise;
    await Promise.all(underWay);
  } finally {
    clearInterval(timer);
  }
  const elapsedMs = performance.now() - start - warmupMs;
  return { total, times, perSecond: (times.size * 1000) / elapsedMs };
}
