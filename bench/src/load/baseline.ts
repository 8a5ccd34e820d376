// The baseline: how many orders per second plain prepared statements insert into the same tables of the same instance.
import pg from "pg";
import { startWorker } from "../worker/start-worker.ts";
import type { BaselineOutcome, BaselineTask } from "./baseline-worker.ts";

/** Every table that accepting an order writes to. */
const tables = ["orders", "order_line", "order_change", "idempotency_key", "outbox"] as const;

export interface BaselineOptions {
  /** Database of the order service; the role must own it. */
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
}

/** Runs the baseline in a process of its own and returns orders per second. Leaves nothing in the database. */
export async function measureBaseline({ url, connections, seconds }: BaselineOptions): Promise<number> {
  const schema = `bench_baseline_${process.pid}`;
  const client = new pg.Client({ connectionString: url, application_name: "bench" });
  await client.connect();
  try {
    await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE; CREATE SCHEMA ${schema}`);
    // Columns, checks, indexes, identities and storage are taken from the live tables, so they cannot drift apart.
    for (const table of tables) {
      await client.query(`CREATE TABLE ${schema}.${table} (LIKE public.${table} INCLUDING ALL)`);
    }
    const worker = startWorker<BaselineTask, BaselineOutcome>(new URL("./baseline-worker.ts", import.meta.url));
    try {
      const { orders, elapsedMs } = await worker.ask({ url, schema, connections, seconds });
      return (orders * 1000) / elapsedMs;
    } finally {
      await worker.end();
    }
  } finally {
    await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
    await client.end();
  }
}
