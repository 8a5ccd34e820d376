// From a commit to the transaction of a consumer in another process, through outbox, relay, Kafka and inbox.

import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { ordersTopic } from "@ordermesh/proto/topics";
import { migrate, openDatabase } from "@ordermesh/runtime/database";
import type { EmbeddedPostgres } from "@ordermesh/runtime/embedded-postgres";
import { openEventLog } from "@ordermesh/runtime/event-log";
import { createLogger } from "@ordermesh/runtime/logging";
import { createOutbox } from "@ordermesh/runtime/outbox";
import { createLatencyRecorder, type Latency } from "../measuring/latency.ts";
import { type Observer, openObserver } from "../measuring/observer.ts";
import type { Progress } from "../progress.ts";
import { startWorker } from "../worker/start-worker.ts";
import { type Commits, commitOrders } from "./commit-orders.ts";
import type { ConsumerTask } from "./consumer-worker.ts";

export interface LatencyOptions {
  readonly postgres: EmbeddedPostgres;
  readonly eventLogUrl: string;
  /** Orders per second, one measurement each. */
  readonly rates: readonly number[];
  readonly warmupMs: number;
  readonly measuredMs: number;
  readonly progress: Progress;
}

/** Milliseconds from the acknowledged commit to the start of the transaction that applied its event. */
export interface CommitToConsumed extends Latency {
  readonly targetPerSecond: number;
  readonly committedPerSecond: number;
}

const group = "inventory";
const consumedTimeoutMs = 30_000;
const idsPerQuery = 5_000;
const migrationsOf = (service: string): string =>
  fileURLToPath(new URL(`../../../services/${service}/prisma/migrations`, import.meta.url));

export async function measureLatency(options: LatencyOptions): Promise<CommitToConsumed[]> {
  const { postgres, eventLogUrl, rates, progress } = options;
  const logger = createLogger({ name: "bench", instance: "commits", level: "warn", destination: process.stderr });
  await using cleanUp = new AsyncDisposableStack();
  for (const service of ["order", "inventory"]) {
    await postgres.createDatabase(service);
    await migrate({ url: postgres.url(service), directory: migrationsOf(service), logger });
  }
  const consumer = startWorker<ConsumerTask, "done">(new URL("./consumer-worker.ts", import.meta.url));
  cleanUp.defer(() => consumer.end());
  const databaseUrl = postgres.socketUrl("inventory");
  await consumer.ask({ kind: "start", databaseUrl, eventLogUrl, group, topic: ordersTopic });

  const database = openDatabase({ url: postgres.socketUrl("order"), name: "bench-commits", logger });
  cleanUp.defer(() => database.close());
  const log = await openEventLog({ url: eventLogUrl, clientId: "bench-commits", logger });
  cleanUp.defer(() => log.close());
  const outbox = createOutbox({ database, log, logger });
  outbox.startRelay();
  cleanUp.defer(() => outbox.stop());
  const inbox = await openObserver(postgres.url("inventory"));
  cleanUp.defer(() => inbox.close());

  const results: CommitToConsumed[] = [];
  let expected = 0;
  for (const rate of rates) {
    progress.show(`commit to consumed at ${rate}/s for ${options.measuredMs / 1000} s`);
    const commits = await commitOrders({ ...options, database, outbox, topic: ordersTopic, perSecond: rate });
    expected += commits.total;
    await untilConsumed(inbox, expected);
    const latency = await readLatency(inbox, commits);
    results.push({ targetPerSecond: rate, committedPerSecond: Math.round(commits.perSecond), ...latency });
  }
  await consumer.ask({ kind: "stop" });
  return results;
}

async function untilConsumed(inbox: Observer, expected: number): Promise<void> {
  const deadline = performance.now() + consumedTimeoutMs;
  for (;;) {
    const [row] = await inbox.query<{ applied: number }>(
      "SELECT count(*)::float8 AS applied FROM inbox WHERE consumer_group = $1",
      [group],
    );
    if (row?.applied === expected) return;
    if (performance.now() > deadline) {
      throw new Error(
        `${row?.applied} of ${expected} events were consumed ${consumedTimeoutMs / 1000} s after the last`,
      );
    }
    await delay(100);
  }
}

async function readLatency(inbox: Observer, { times }: Commits): Promise<Latency> {
  const recorder = createLatencyRecorder();
  const ids = [...times.keys()];
  for (let start = 0; start < ids.length; start += idsPerQuery) {
    const rows = await inbox.query<{ event_id: string; ms: number }>(
      `SELECT event_id::text, extract(epoch FROM receive_time)::float8 * 1000 AS ms
       FROM inbox WHERE consumer_group = $1 AND event_id = ANY($2::uuid[])`,
      [group, ids.slice(start, start + idsPerQuery)],
    );
    for (const { event_id: id, ms } of rows) recorder.record(ms - (times.get(id) ?? ms));
  }
  const summary = recorder.summary();
  if (summary?.events !== ids.length) throw new Error(`${summary?.events} of ${ids.length} events have a time`);
  return summary;
}
