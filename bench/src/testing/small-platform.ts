// A platform without processes: the services' databases, migrated and filled with a handful of consistent orders.
import { fileURLToPath } from "node:url";
import { migrate } from "@ordermesh/runtime/database";
import { type EventLog, openEventLog } from "@ordermesh/runtime/event-log";
import { createLogger } from "@ordermesh/runtime/logging";
import { createTestDatabase, type TestDatabase } from "@ordermesh/runtime/testing";
import { consumerGroups, type DatabaseUrls, type PlatformUrls } from "@ordermesh/stack";
import pg from "pg";
import { expect, vi } from "vitest";
import { fillDatabases, type SampleOrder } from "./sample-orders.ts";
import { bucketsOf, type ShardName, shardNames } from "./two-shards.ts";

export type DatabaseName = ShardName | Exclude<keyof DatabaseUrls, "shards"> | "log";

export interface SmallPlatform extends PlatformUrls {
  readonly log: EventLog;
  /** Runs a statement as a fault would have. */
  run(database: DatabaseName, text: string, values?: readonly unknown[]): Promise<void>;
  /** Copies all rows of a table to another database. */
  copyRows(from: DatabaseName, to: DatabaseName, table: string): Promise<void>;
  /** Empties everything and writes the orders again. */
  refill(orders: readonly SampleOrder[]): Promise<void>;
  /** Lets every consumer group read the log to its end. */
  consumeAll(): Promise<void>;
  drop(): Promise<void>;
}

const services = new URL("../../../services/", import.meta.url);
const migrations: Readonly<Record<Exclude<DatabaseName, "log">, string>> = {
  "shard-1": "order/prisma/migrations",
  "shard-2": "order/prisma/migrations",
  payment: "payment/prisma/migrations",
  provider: "payment/provider-migrations",
  inventory: "inventory/prisma/migrations",
  notification: "notification/prisma/migrations",
};
const names = [...shardNames, "payment", "provider", "inventory", "notification", "log"] as const;
const logger = createLogger({ name: "bench", instance: "spec", level: "fatal" });

export async function createSmallPlatform(): Promise<SmallPlatform> {
  const created = new Map<DatabaseName, TestDatabase>();
  for (const name of names) created.set(name, await createTestDatabase(`audit_${name.replace("-", "_")}`));
  const urlOf = (name: DatabaseName): string => created.get(name)?.url ?? "";
  for (const [name, folder] of Object.entries(migrations)) {
    const directory = fileURLToPath(new URL(folder, services));
    await migrate({ url: urlOf(name as DatabaseName), directory, logger });
  }
  const log = await openEventLog({ url: urlOf("log"), clientId: "spec", logger });
  const clients = new Map<DatabaseName, pg.Client>();
  for (const name of names) {
    const client = new pg.Client({ connectionString: urlOf(name) });
    await client.connect();
    clients.set(name, client);
  }
  const run: SmallPlatform["run"] = async (database, text, values = []) => {
    await clients.get(database)?.query({ text, values: [...values] });
  };
  for (const name of shardNames) await run(name, "INSERT INTO shard (name) VALUES ($1)", [name]);
  return {
    databases: {
      shards: shardNames.map((name) => ({ name, url: urlOf(name) })),
      payment: urlOf("payment"),
      provider: urlOf("provider"),
      inventory: urlOf("inventory"),
      notification: urlOf("notification"),
    },
    eventLogUrl: urlOf("log"),
    log,
    run,
    copyRows: async (from, to, table) => {
      const rows = await clients.get(from)?.query(`SELECT to_jsonb(t) AS row FROM ${table} t`);
      const copied = JSON.stringify(rows?.rows.map(({ row }) => row));
      await run(to, `INSERT INTO ${table} SELECT * FROM jsonb_populate_recordset(NULL::${table}, $1)`, [copied]);
    },
    refill: async (orders) => {
      for (const name of shardNames) {
        await run(name, "TRUNCATE orders, order_line, order_change, idempotency_key, outbox, parked_event, bucket");
        await run(name, "INSERT INTO bucket (bucket, state) SELECT generate_series($1::int, $2::int), 'OWNED'", [
          ...bucketsOf[name],
        ]);
      }
      await run("payment", "TRUNCATE payment, payment_operation, outbox");
      await run("provider", "TRUNCATE ledger");
      await run("inventory", "TRUNCATE item, stock, stock_adjustment, reservation, outbox");
      await run("notification", "TRUNCATE notification, outbox");
      await run("log", "TRUNCATE log_batch, log_offset, log_member; UPDATE log_topic SET next_offset = 0");
      await fillDatabases(run, log, orders);
    },
    consumeAll: async () => {
      for (const [group, topics] of Object.entries(consumerGroups)) {
        const subscription = await log.subscribe({ group, topics, maxRecords: 500, handle: () => Promise.resolve() });
        await vi.waitFor(async () => expect(await log.lag(group, topics)).toBe(0n), { timeout: 10_000 });
        await subscription.stop();
      }
    },
    drop: async () => {
      await log.close();
      await Promise.all([...clients.values()].map((client) => client.end()));
      await Promise.all([...created.values()].map((database) => database.drop()));
    },
  };
}
