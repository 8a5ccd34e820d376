import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isAlive } from "@ordermesh/runtime/embedded-postgres";
import pg from "pg";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { resetDataFolder } from "../data-folder/folder.ts";
import { readStackState, type Stack } from "../index.ts";
import { createStackFixture, type StackFixture } from "../testing/fake-stack.ts";

// One data folder for the tests of this file, which follow one another.
let fixture: StackFixture;
let stack: Stack;

beforeAll(async () => {
  fixture = await createStackFixture();
  stack = await fixture.start({ shards: 2 });
});

afterAll(() => fixture.remove());

const names = () => stack.state().databases.shards.map(({ name }) => name);
const serversOf = () => stack.state().processes.filter((one) => one.service === "postgres");
const urlOf = (shard: string): string => stack.state().databases.shards.find(({ name }) => name === shard)?.url ?? "";

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return (await client.query(text).finally(() => client.end())).rows;
}

async function environmentOf(process: string): Promise<Record<string, string>> {
  const health = stack.state().processes.find(({ name }) => name === process)?.health;
  return (await (await fetch(`http://${health}/environment`)).json()) as Record<string, string>;
}

test("each further shard is a server of its own, where the order service owns a database", async () => {
  expect(await readStackState(fixture.dataDir)).toEqual(stack.state());
  expect(names()).toEqual(["shard-1", "shard-2"]);
  expect(serversOf().map(({ name }) => name)).toEqual(["postgres", "postgres-shard-2"]);
  for (const shard of names()) {
    const rows = await query(urlOf(shard), "SELECT current_user AS role, current_database() AS database");
    expect(rows).toEqual([{ role: "ordermesh_order", database: "ordermesh_order" }]);
  }
  expect(new URL(urlOf("shard-1")).port).not.toBe(new URL(urlOf("shard-2")).port);
});

test("the order service gets all shards and no single database; the others get theirs and no shard", async () => {
  const order = await environmentOf("order-1");
  const shards = (order["ORDERMESH_SHARDS"] ?? "").split(",").map((part) => part.split(/=(.*)/s));
  expect(shards.map(([name]) => name)).toEqual(["shard-1", "shard-2"]);
  for (const [, url = ""] of shards) expect(await query(url, "SELECT 1 AS reached")).toEqual([{ reached: 1 }]);
  expect(order).not.toHaveProperty("ORDERMESH_DATABASE_URL");
  expect(order).not.toHaveProperty("ORDERMESH_REDIS_URL");
  const payment = await environmentOf("payment-1");
  expect(payment["ORDERMESH_DATABASE_URL"]).toContain("ordermesh_payment");
  expect(payment).not.toHaveProperty("ORDERMESH_SHARDS");
});

test("a killed server of a shard is started again with its data, and the first one runs on", async () => {
  const [first, second] = serversOf();
  await query(urlOf("shard-2"), "CREATE TABLE kept AS SELECT 42 AS id");
  expect(stack.kill("postgres-shard-2", "SIGKILL")).toBe(true);
  await vi.waitFor(
    async () => {
      const now = serversOf().find(({ name }) => name === "postgres-shard-2");
      expect(now?.pid).not.toBe(second?.pid);
      expect(await query(urlOf("shard-2"), "SELECT id FROM kept")).toEqual([{ id: 42 }]);
    },
    { timeout: 15_000 },
  );
  expect(serversOf()[0]).toEqual(first);
  expect(fixture.lines.map((line) => line.message)).toContain("postgres-shard-2 is started again");
});

test("a later start has the same shards with their data; fewer are refused, more are added empty", async () => {
  const { processes } = stack.state();
  await stack.stop();
  expect(processes.filter((one) => isAlive(one.pid))).toEqual([]);
  await expect(fixture.start({ shards: 1 })).rejects.toMatchObject({ code: "SHARDS_FEWER" });
  stack = await fixture.start();
  expect(names()).toEqual(["shard-1", "shard-2"]);
  expect(await query(urlOf("shard-2"), "SELECT id FROM kept")).toEqual([{ id: 42 }]);
  await stack.stop();
  stack = await fixture.start({ shards: 3 });
  expect(names()).toEqual(["shard-1", "shard-2", "shard-3"]);
  expect(await query(urlOf("shard-3"), "SELECT 1 AS reached")).toEqual([{ reached: 1 }]);
});

test("after a start that failed on a further server the folder goes on with the shards that it had", async () => {
  await stack.stop();
  const broken = join(fixture.dataDir, "postgres-shard-4");
  await mkdir(broken);
  await writeFile(join(broken, "PG_VERSION"), "9.0\n"); // Of a version that this server does not read.
  await expect(fixture.start({ shards: 4 })).rejects.toThrow(/PostgreSQL/i);
  await rm(broken, { recursive: true });
  stack = await fixture.start();
  expect(names()).toHaveLength(3);
});

test("a reset clears the data of all shards", async () => {
  await stack.stop();
  expect(await readdir(fixture.dataDir)).toContain("postgres-shard-3");
  expect(await resetDataFolder(fixture.dataDir)).toBe(true);
  expect(await readdir(fixture.folder)).toEqual([]);
});
