// The plans of the order service's hot queries at the present size of a shard.
import { keyedPlans, openDatabase } from "@ordermesh/runtime/database";
import { createLogger } from "@ordermesh/runtime/logging";
import { UserError } from "@ordermesh/stack";
import { PrismaPg } from "@prisma/adapter-pg";
import { PrismaClient } from "../../../services/order/src/store/prisma/client.ts";
import { openOrderShards, type ShardObserver, type ShardUrls } from "../measuring/order-shards.ts";
import { type HotQuery, type KnownOrder, notePool, prismaQueries, writtenQueries } from "./hot-queries.ts";
import { type Access, accessesOf, type PlanNode } from "./read-plan.ts";

export interface ExplainedQuery {
  readonly purpose: string;
  readonly statements: readonly {
    readonly name: string;
    readonly text: string;
    readonly accesses: readonly Access[];
    readonly plan: PlanNode;
  }[];
}

export interface PlansReport {
  readonly shard: string;
  /** Rows by table, as the planner knows them. */
  readonly rows: Readonly<Record<string, number>>;
  readonly queries: readonly ExplainedQuery[];
}

/** Explains them at the shard that has the most orders. Changes nothing. */
export async function runPlans(urls: ShardUrls): Promise<PlansReport> {
  const shards = await openOrderShards(urls);
  try {
    const [largest] = (await Promise.all(shards.all.map(async (shard) => ({ shard, rows: await rowsOf(shard) })))).sort(
      (a, b) => (b.rows["orders"] ?? 0) - (a.rows["orders"] ?? 0),
    );
    if (largest === undefined) throw new UserError("NO_SHARDS", "the stack has no shards");
    const { shard, rows } = largest;
    const [order] = await shard.query<{ id: string; customer_id: string }>(
      "SELECT id, customer_id FROM orders ORDER BY id DESC LIMIT 1",
    );
    if (order === undefined) {
      throw new UserError(
        "NO_ORDERS",
        `${shard.name} has no orders, and plans for empty tables say nothing; fill it first`,
      );
    }
    const known = { id: order.id, customerId: order.customer_id };
    const url = urls.find(({ name }) => name === shard.name)?.url ?? "";
    const queries = [...(await writtenQueries(known)), ...(await queriesOfPrisma(url, known))];
    // The settings under which the service's connections plan.
    for (const [setting, value] of Object.entries(keyedPlans)) await shard.query(`SET ${setting} = '${value}'`);
    const explained: ExplainedQuery[] = [];
    for (const query of queries) explained.push(await explain(shard, query));
    return { shard: shard.name, rows, queries: explained };
  } finally {
    await shards.close();
  }
}

async function rowsOf(shard: ShardObserver): Promise<Record<string, number>> {
  const rows = await shard.query<{ name: string; rows: number }>(
    `SELECT relname AS name, greatest(reltuples, 0)::float8 AS rows FROM pg_class
     WHERE relname IN ('orders', 'order_line', 'order_change', 'idempotency_key') AND relkind = 'r' ORDER BY relname`,
  );
  return Object.fromEntries(rows.map(({ name, rows: count }) => [name, count]));
}

async function queriesOfPrisma(url: string, known: KnownOrder): Promise<HotQuery[]> {
  const logger = createLogger({ name: "bench", instance: "bench", level: "error" });
  const database = openDatabase({ url, poolSize: 1, name: "bench", logger, settings: keyedPlans });
  const noted = notePool(database);
  const prisma = new PrismaClient({ adapter: new PrismaPg(database.pool) });
  try {
    return await prismaQueries(prisma, noted, known);
  } finally {
    await prisma.$disconnect();
    await database.close();
  }
}

/** As the service's connections plan: once for all parameters. */
async function explain(shard: ShardObserver, { purpose, statements }: HotQuery): Promise<ExplainedQuery> {
  const explained: ExplainedQuery["statements"][number][] = [];
  for (const { name, text } of statements) {
    const [row] = await shard.query<{ "QUERY PLAN": readonly { readonly Plan: PlanNode }[] }>(
      `EXPLAIN (GENERIC_PLAN, FORMAT JSON) ${text}`,
    );
    const plan = row?.["QUERY PLAN"][0]?.Plan;
    if (plan === undefined) throw new Error(`PostgreSQL gave no plan for ${purpose}`);
    explained.push({ name, text, accesses: accessesOf(plan), plan });
  }
  return { purpose, statements: explained };
}
