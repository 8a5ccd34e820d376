import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { LookupOrderRequestSchema } from "@ordermesh/proto/order";
import { createCaller } from "@ordermesh/runtime/auth";
import { bucketOfId, bucketOfKey, newBucketedId } from "@ordermesh/runtime/ids";
import { createLogger } from "@ordermesh/runtime/logging";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ShardSet } from "../shards/index.ts";
import { createGate, type Gate } from "../testing/gate.ts";
import { createTestShards, type TestShards } from "../testing/test-shards.ts";
import { type AskShards, createAskShards } from "./ask-shards.ts";
import { findAnyOrder, findOwnOrder } from "./find-orders.ts";
import { indexLookups } from "./lookup-metrics.ts";
import { lookupOrder } from "./lookup-order.ts";
import { createNegativeCache } from "./negative-cache.ts";
import { openLookups } from "./open-lookups.ts";
import type { IndexAnswer, OrderIndex } from "./order-index.ts";
import { type IndexEntry, type OrderName, placedEntries } from "./order-name.ts";
import { storePaymentIds } from "./payment-ids.ts";

const logger = createLogger({ name: "lookup", instance: "spec", level: "silent" });
const nowMs = Date.UTC(2026, 2, 1);
const operator = createCaller("olga", "orders.read customers.all");

let testShards: TestShards;
let gate: Gate;
let shards: ShardSet;
// One customer of each shard.
let ada: string;
let bob: string;

beforeAll(async () => {
  testShards = await createTestShards(2);
  const [first, second] = testShards.urls;
  if (first === undefined || second === undefined) throw new Error("two shards were asked for");
  gate = await createGate(second.url);
  shards = await testShards.connect([first, { ...second, url: gate.url }]);
  [ada = "", bob = ""] = [0, 1].map((shard) => {
    const names = Array.from({ length: 100 }, (_, index) => `customer-${index}`);
    return names.find((name) => shards.ownerOf(bucketOfKey(name)) === shards.all[shard]);
  });
});

afterAll(async () => {
  await gate.close();
  await testShards.drop();
});

beforeEach(async () => {
  for (const shard of shards.all) await shard.database.pool.query("TRUNCATE orders");
});

interface Names {
  readonly reference?: string;
  readonly paymentId?: string;
  readonly tracking?: string;
}

async function placed(customerId: string, names: Names = {}, acceptedMs = nowMs): Promise<string> {
  const id = newBucketedId(customerId, acceptedMs);
  const { database } = shards.ownerOf(bucketOfId(id));
  await database.pool.query(
    `INSERT INTO orders (id, customer_id, client_reference, status, currency_code, total_minor,
                         create_time, update_time, deadline, payment_id, tracking_number)
     VALUES ($1, $2, $3, 'PENDING', 'EUR', 100, now(), now(), now(), $4, $5)`,
    [id, customerId, names.reference ?? "", names.paymentId ?? null, names.tracking ?? null],
  );
  return id;
}

/** An index that says what it is told to, and notes what it is told. */
function fakeIndex(answers: (name: OrderName) => IndexAnswer = () => ({ kind: "miss" })) {
  const remembered: IndexEntry[] = [];
  const forgotten: IndexEntry[] = [];
  const index: OrderIndex = {
    find: async (name) => answers(name),
    remember: (entries) => void remembered.push(...entries),
    forget: (entry) => void forgotten.push(entry),
    stop: async () => undefined,
  };
  return { index, remembered, forgotten };
}

function lookupsWith(index?: OrderIndex) {
  const absent = createNegativeCache({ lifetimeMs: 60_000, maxEntries: 10 });
  let asked = 0;
  const ask = createAskShards(shards);
  const askShards: AskShards = (name) => {
    asked += 1;
    return ask(name);
  };
  return {
    lookup: async (caller: ReturnType<typeof createCaller>, given: MessageInitShape<typeof LookupOrderRequestSchema>) =>
      lookupOrder({ shards, index, absent, askShards }, caller, create(LookupOrderRequestSchema, given)),
    asked: () => asked,
  };
}

const customer = (name: string) => createCaller(name, "orders.read");

async function counted(result: string): Promise<number> {
  return (await indexLookups.get()).values.find(({ labels }) => labels["result"] === result)?.value ?? 0;
}

describe("a customer", () => {
  it("finds the newest of the own orders that bear the name, with one statement at the own shard", async () => {
    const paymentId = newBucketedId(ada, nowMs);
    await placed(ada, { reference: "cart" }, nowMs);
    const newest = await placed(ada, { reference: "cart", paymentId, tracking: "Z9" }, nowMs + 1);
    await placed(ada, { reference: "other" }, nowMs + 2);
    const { index, remembered } = fakeIndex(() => {
      throw new Error("the index is not asked");
    });
    const { lookup, asked } = lookupsWith(index);
    expect(await lookup(customer(ada), { clientReference: "cart" })).toMatchObject({ id: newest, lines: [] });
    expect(await lookup(customer(ada), { paymentId: paymentId.toUpperCase() })).toMatchObject({ id: newest });
    expect(await lookup(customer(ada), { trackingNumber: "Z9", customerId: ada })).toMatchObject({ id: newest });
    expect([asked(), remembered]).toEqual([0, []]);
  });

  it("finds no other customer's order by any name, also in the same bucket's shard", async () => {
    const paymentId = newBucketedId(ada, nowMs);
    await placed(ada, { reference: "cart", paymentId, tracking: "Z9" });
    const { lookup } = lookupsWith();
    for (const other of [bob, `${ada}-2`]) {
      for (const name of [{ clientReference: "cart" }, { paymentId }, { trackingNumber: "Z9" }]) {
        await expect(lookup(customer(other), name)).rejects.toMatchObject({ code: "ORDER_NOT_FOUND" });
      }
    }
    const naming = lookup(customer(bob), { clientReference: "cart", customerId: ada });
    await expect(naming).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
  });

  it("is found an order the moment after it was looked up in vain", async () => {
    const { lookup } = lookupsWith();
    const looking = lookup(customer(ada), { clientReference: "cart" });
    await expect(looking).rejects.toMatchObject({ message: 'no order with clientReference "cart"' });
    const id = await placed(ada, { reference: "cart" });
    expect(await lookup(customer(ada), { clientReference: "cart" })).toMatchObject({ id });
  });
});

describe("an operator", () => {
  it("is answered by the index, after the order's own shard has said that it bears the name", async () => {
    const id = await placed(bob, { tracking: "Z9" });
    const { index } = fakeIndex(() => ({ kind: "hit", orderId: id }));
    const { lookup, asked } = lookupsWith(index);
    const hits = await counted("hit");
    expect(await lookup(operator, { trackingNumber: "Z9" })).toMatchObject({ id });
    expect([asked(), await counted("hit")]).toEqual([0, hits + 1]);
  });

  it.each(["miss", "away"] as const)("gets it from the shards on a %s, and the index is told", async (kind) => {
    const paymentId = newBucketedId(bob, nowMs);
    const old = await placed(ada, { reference: "cart" }, nowMs);
    const newest = await placed(bob, { reference: "cart", paymentId, tracking: "Z9" }, nowMs + 1);
    const { index, remembered } = fakeIndex(() => ({ kind }));
    const { lookup, asked } = lookupsWith(index);
    const before = await counted(kind);
    expect(await lookup(operator, { clientReference: "cart" })).toMatchObject({ id: newest });
    expect(await lookup(operator, { trackingNumber: "Z9" })).toMatchObject({ id: newest });
    expect(asked()).toBe(2);
    // The bucket of the payment tells the shard.
    expect(await lookup(operator, { paymentId })).toMatchObject({ id: newest });
    expect(asked()).toBe(2);
    expect(await lookup(operator, { clientReference: "cart", customerId: ada })).toMatchObject({ id: old });
    expect(asked()).toBe(2);
    expect(remembered.map(({ name, orderId }) => [name.kind, orderId])).toEqual([
      ["reference", newest],
      ["tracking", newest],
      ["payment", newest],
    ]);
    expect(await counted(kind)).toBe(before + 3);
  });

  it.each([
    ["bears another name", async () => placed(ada, { reference: "other" })],
    ["does not exist", async () => newBucketedId(ada, nowMs)],
    ["is no order id", async () => "17"],
  ])("is never served an entry whose order %s", async (_, wrong) => {
    const orderId = await wrong();
    const right = await placed(bob, { reference: "cart" });
    const { index, forgotten, remembered } = fakeIndex(() => ({ kind: "hit", orderId }));
    const stale = await counted("stale");
    expect(await lookupsWith(index).lookup(operator, { clientReference: "cart" })).toMatchObject({ id: right });
    const name = { kind: "reference", value: "cart" };
    expect(forgotten).toEqual([{ name, orderId }]);
    expect(remembered).toEqual([{ name, orderId: right }]);
    expect(await counted("stale")).toBe(stale + 1);
  });

  it("makes the shards search once for what nobody has", async () => {
    const { lookup, asked } = lookupsWith(fakeIndex().index);
    for (const _ of [1, 2, 3]) {
      await expect(lookup(operator, { trackingNumber: "none" })).rejects.toMatchObject({ code: "ORDER_NOT_FOUND" });
    }
    expect(asked()).toBe(1);
  });

  it("finds at once what this instance has just been told of, though it was absent a moment ago", async () => {
    const log = { read: () => expect.unreachable("the log is not read") };
    const lookups = openLookups({ shards, redis: undefined, log, logger });
    const request = create(LookupOrderRequestSchema, { clientReference: "cart" });
    await expect(lookups.find(operator, request)).rejects.toMatchObject({ code: "ORDER_NOT_FOUND" });
    const id = await placed(bob, { reference: "cart" });
    lookups.remember(placedEntries(id, "cart"));
    expect(await lookups.find(operator, request)).toMatchObject({ id });
    await lookups.stop();
  });

  it("without a Redis asks the shards", async () => {
    const id = await placed(bob, { reference: "cart" });
    expect(await lookupsWith().lookup(operator, { clientReference: "cart" })).toMatchObject({ id });
  });

  it("is told to name the customer when a thousand orders bear the name", async () => {
    await shards.all[0]?.database.pool.query(
      `INSERT INTO orders (id, customer_id, client_reference, status, currency_code, total_minor,
                           create_time, update_time, deadline)
       SELECT gen_random_uuid(), 'x', 'web', 'PENDING', 'EUR', 1, now(), now(), now() FROM generate_series(1, 1001)`,
    );
    const id = await placed(bob, { reference: "web" });
    const { lookup } = lookupsWith();
    await expect(lookup(operator, { clientReference: "web" })).rejects.toMatchObject({
      code: "LOOKUP_TOO_BROAD",
      violations: [{ field: "clientReference", description: expect.stringContaining("customerId") }],
    });
    expect(await lookup(operator, { clientReference: "web", customerId: bob })).toMatchObject({ id });
  });
});

describe("with a shard away", () => {
  it("an operator gets what the others have, and is never told that there is nothing", async () => {
    const id = await placed(ada, { reference: "here" });
    await placed(bob, { reference: "there" });
    await gate.close();
    try {
      const { lookup } = lookupsWith();
      expect(await lookup(operator, { clientReference: "here" })).toMatchObject({ id });
      const lost = lookup(operator, { clientReference: "there" });
      await expect(lost).rejects.toMatchObject({ code: "SHARD_UNAVAILABLE", retryAfterMs: 1_000 });
      await expect(lookup(customer(bob), { clientReference: "there" })).rejects.toMatchObject({
        code: "SHARD_UNAVAILABLE",
      });
      expect(await lookup(customer(ada), { clientReference: "here" })).toMatchObject({ id });
    } finally {
      await gate.open();
    }
    await expect.poll(() => shards.all[1]?.answers(), { timeout: 10_000 }).toBe(true);
    const { lookup } = lookupsWith();
    await expect
      .poll(() => lookup(operator, { clientReference: "there" }).then((order) => order.customerId), { timeout: 10_000 })
      .toBe(bob);
  });
});

describe("while a bucket moves", () => {
  it("a copy alone does not make an order found, and does not hide it either", async () => {
    const id = await placed(ada, { reference: "cart" });
    const [home, other] = shards.all;
    const copy = await home?.database.pool.query<{ row: string }>("SELECT to_json(orders)::text AS row FROM orders");
    const fill = "INSERT INTO orders SELECT * FROM json_populate_record(NULL::orders, $1)";
    await other?.database.pool.query(fill, [copy?.rows[0]?.row]);
    const { lookup } = lookupsWith();
    expect(await lookup(operator, { clientReference: "cart" })).toMatchObject({ id });
    await home?.database.pool.query("TRUNCATE orders");
    await expect(lookup(operator, { clientReference: "cart" })).rejects.toMatchObject({ code: "ORDER_NOT_FOUND" });
  });
});

describe("the statements", () => {
  it.each(["reference", "payment", "tracking"] as const)("reach orders by the index of %s alone", async (kind) => {
    const database = shards.all[0]?.database;
    if (database === undefined) throw new Error("there is a shard");
    const texts: string[] = [];
    const recording = {
      ...database,
      query: async (statement: { text: string }, values: readonly unknown[] = []) => {
        const settings = "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off";
        const client = await database.pool.connect();
        try {
          await client.query(settings);
          await client.query(`PREPARE looked AS ${statement.text}`);
          const given = values.map((value) => `'${String(value)}'`).join(", ");
          const plan = await client.query(`EXPLAIN EXECUTE looked (${given})`);
          texts.push(plan.rows.map((row: Record<string, string>) => row["QUERY PLAN"]).join("\n"));
          await client.query("DEALLOCATE looked");
        } finally {
          client.release();
        }
        return { rows: [] };
      },
    };
    const value = kind === "payment" ? newBucketedId(ada, nowMs) : "x";
    await findOwnOrder(recording as never, { kind, value }, ada);
    await findAnyOrder(recording as never, { kind, value });
    const index = { reference: "client_reference", payment: "payment_id", tracking: "tracking_number" }[kind];
    expect(texts).toHaveLength(2);
    for (const text of texts) {
      const scans = [...text.matchAll(/(\w+) on orders|Scan using (\w+)|Scan on (orders_\w+)/g)].map(
        ([whole]) => whole,
      );
      expect(scans.join()).toContain(`orders_${index}_idx`);
      expect(text).not.toMatch(/Seq Scan|orders_pkey|orders_customer_id_id_idx/);
    }
  });
});

it("the payment of an order that ended before it came is stored, and the first stays", async () => {
  const id = await placed(ada);
  const [first, second] = [newBucketedId(ada, nowMs), newBucketedId(ada, nowMs + 1)];
  for (const paymentId of [first, second]) {
    await shards.all[0]?.database.transaction((tx) => storePaymentIds(tx, [{ orderId: id, paymentId }]));
  }
  expect(await lookupsWith().lookup(customer(ada), { paymentId: first })).toMatchObject({ id });
  await expect(lookupsWith().lookup(customer(ada), { paymentId: second })).rejects.toMatchObject({
    code: "ORDER_NOT_FOUND",
  });
});
