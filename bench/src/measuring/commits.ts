// Commits over all databases of the instance.
import { setTimeout as delay } from "node:timers/promises";
import type { Observer } from "./observer.ts";

/** Backends report their counters at most once a second, and when they fall idle. */
const reportIntervalMs = 1_100;

/** Transactions committed in the whole instance since its start, read-only ones included. */
export async function readCommits(observer: Observer): Promise<number> {
  const [row] = await observer.query<{ commits: number }>(
    "SELECT sum(xact_commit)::float8 AS commits FROM pg_stat_database",
  );
  return row?.commits ?? 0;
}

/** As `readCommits`, after the time in which backends report what they did. */
export async function readSettledCommits(observer: Observer): Promise<number> {
  await delay(reportIntervalMs);
  return readCommits(observer);
}
