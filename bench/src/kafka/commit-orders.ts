// Commits events at a steady rate through an outbox, and remembers when each commit was done.
import { setTimeout as delay } from "node:timers/promises";
import type { Database } from "@ordermesh/runtime/database";
import type { Outbox } from "@ordermesh/runtime/outbox";
import { sampleRecord } from "./sample-records.ts";

export interface CommitOptions {
  readonly database: Database;
  readonly outbox: Outbox;
  readonly topic: string;
  /** What is aimed at; a database that cannot keep up makes it less. */
  readonly perSecond: number;
  /** Commits of the first `warmupMs` are not among the measured ones. */
  readonly warmupMs: number;
  readonly measuredMs: number;
}

export interface Commits {
  /** All of them, those of the warm-up included. */
  readonly total: number;
  /** Milliseconds since the epoch when the commit was acknowledged, by event id; the measured ones. */
  readonly times: ReadonlyMap<string, number>;
  /** Of the measured ones. */
  readonly perSecond: number;
}

/** As many at once as the pool has connections, so that none waits for one. */
const concurrency = 8;

/** One commit per order, with one event each, as they become due. */
export async function commitOrders(options: CommitOptions): Promise<Commits> {
  const { database, outbox, topic, perSecond, warmupMs, measuredMs } = options;
  const warmup = Math.round((warmupMs * perSecond) / 1000);
  const total = warmup + Math.round((measuredMs * perSecond) / 1000);
  const times = new Map<string, number>();
  const start = performance.now();
  let next = 0;
  let measuringSince = 0;

  const commitInTurn = async (): Promise<void> => {
    for (let index = next; index < total; index = next) {
      next += 1;
      const earlyMs = start + (index * 1000) / perSecond - performance.now();
      if (earlyMs > 0) await delay(earlyMs);
      if (index === warmup) measuringSince = performance.now();
      const record = sampleRecord(topic);
      await database.transaction((tx) => outbox.append(tx, [record]));
      if (index >= warmup) times.set(record.id, performance.timeOrigin + performance.now());
      outbox.committed();
    }
  };
  await Promise.all(Array.from({ length: concurrency }, commitInTurn));
  return { total, times, perSecond: (times.size * 1000) / (performance.now() - measuringSince) };
}
