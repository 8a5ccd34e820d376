import { create } from "@bufbuild/protobuf";
import {
  ListOrdersRequestSchema,
  OrderPlacedSchema,
  OrderStatus,
  PlaceOrderRequestSchema,
} from "@ordermesh/proto/order";
import { createCaller } from "@ordermesh/runtime/auth";
import { DomainError } from "@ordermesh/runtime/errors";
import { decodeRecords } from "@ordermesh/runtime/event-log";
import { createEventEncoder } from "@ordermesh/runtime/events";
import { bucketOfId, bucketOfKey, newEventId } from "@ordermesh/runtime/ids";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { applyTriggers } from "../commands/apply-triggers.ts";
import { cancelOrder } from "../commands/cancel-order.ts";
import type { ChangeOrderPorts } from "../commands/change-order.ts";
import { expireOrders } from "../commands/expire-orders.ts";
import { type PlaceOrderPorts, placeOrder } from "../commands/place-order.ts";
import { getOrder } from "../queries/get-order.ts";
import { getOrderTimeline } from "../queries/get-order-timeline.ts";
import { listOrders } from "../queries/list-orders.ts";
import { placedMessage } from "../queries/order-message.ts";
import type { Shard, ShardSet } from "../shards/index.ts";
import { createTestShards, type TestShards } from "../testing/test-shards.ts";
import { lockOrders } from "./order-changes.ts";
import { type AcceptedOrder, placeOrders } from "./place-orders.ts";

const encoder = createEventEncoder("/ordermesh/order");
const start = new Date("2026-03-01T12:00:00.000Z");
const ada = createCaller("ada", "orders.read orders.write");
const carl = createCaller("carl", "orders.read orders.write");
const operator = createCaller("olga", "orders.read customers.all");

let testShards: TestShards;
let shards: ShardSet;
let change: ChangeOrderPorts;
let place: PlaceOrderPorts;
let time = start;

const request = create(PlaceOrderRequestSchema, {
  clientReference: "cart-17",
  currencyCode: "EUR",
  lines: [
    { sku: "mug", quantity: 2 },
    { sku: "cap", quantity: 1 },
  ],
  paymentMethod: { token: "tok_approve" },
  contact: { email: "ada@example.com" },
});

// ada's orders are at the second shard, carl's at the first.
beforeAll(async () => {
  testShards = await createTestShards(2);
  shards = await testShards.connect();
  const now = (): Date => time;
  change = { shards, encoder, now, changed: () => undefined };
  place = {
    prices: { prices: async (skus) => new Map(skus.map((sku) => [sku, { currencyCode: "EUR", minorUnits: 500n }])) },
    shards,
    placeAt: async ({ database }, order) => (await placeOrders(database, [order]))[0] ?? "not-owned",
    remember: () => undefined,
    encoder,
    now,
    sagaDeadlineMs: 60_000,
  };
});

afterAll(() => testShards.drop());

beforeEach(async () => {
  time = start;
  for (const { database } of shards.all) {
    await database.pool.query("TRUNCATE orders, order_line, order_change, idempotency_key, outbox");
  }
});

async function placed(key: string, caller = ada): Promise<string> {
  const result = await placeOrder(place, caller, key, request, {});
  return result.replayed ? result.orderId : result.order.id;
}

/** Where ada's orders are. */
const adas = (): Shard => shards.ownerOf(bucketOfKey("ada"));

async function outboxTypes(): Promise<string[]> {
  const { rows } = await adas().database.pool.query<{ records: string }>("SELECT records FROM outbox ORDER BY id");
  return rows.flatMap(({ records }) => decodeRecords(records).map((record) => String(record.headers["ce_type"])));
}

async function settle(id: string, ...kinds: ("stock-reserved" | "payment-authorized")[]): Promise<void> {
  const { database, outbox } = shards.ownerOf(bucketOfId(id));
  await database.transaction(async (tx) => {
    const orders = await lockOrders(tx, [id]);
    const triggers = kinds.map((kind) => ({ orderId: id, trigger: { kind } as const }));
    const { records } = await applyTriggers(tx, orders, triggers, time, encoder);
    await outbox.append(tx, records);
  });
}

describe("the schema", () => {
  it("fits what the migration made", async () => {
    await placed("k");
    expect(await adas().prisma.order.findMany({ include: { lines: true, changes: true } })).toHaveLength(1);
  });
});

describe("placing orders", () => {
  it("writes order, lines, history, key and event in one statement", async () => {
    const id = await placed("k1");
    const row = await getOrder(shards, ada, id);
    expect(row).toMatchObject({ status: "PENDING", totalMinor: 1500n, customerId: "ada" });
    expect(row.lines.map(({ sku, quantity }) => [sku, quantity])).toEqual([
      ["mug", 2],
      ["cap", 1],
    ]);
    expect(row.deadline.getTime() - row.createTime.getTime()).toBe(60_000);
    expect(await outboxTypes()).toEqual([OrderPlacedSchema.typeName]);
  });

  it("answers a group in which one key repeats with one order and one repeat", async () => {
    const orders: AcceptedOrder[] = [];
    const placeAt = async (_: Shard, order: AcceptedOrder) => {
      orders.push(order);
      return "written" as const;
    };
    for (const key of ["a", "b", "a"]) await placeOrder({ ...place, placeAt }, ada, key, request, {});
    const { database, prisma } = adas();
    const uses = await placeOrders(database, orders);
    expect(uses.filter((use) => use === "written")).toHaveLength(2);
    expect(await prisma.order.count()).toBe(2);
    expect(await prisma.orderLine.count()).toBe(4);
    expect(await outboxTypes()).toHaveLength(2);
  });

  it("replays the first answer after the order has moved on", async () => {
    const id = await placed("k2");
    await settle(id, "stock-reserved", "payment-authorized");
    time = new Date(start.getTime() + 5_000);
    const again = await placeOrder(place, ada, "k2", request, {});
    expect(again).toEqual({ replayed: true, orderId: id });
    expect(placedMessage(await getOrder(shards, ada, id)).status).toBe(OrderStatus.PENDING);
  });

  it("refuses another body under the key, and lets another caller use it", async () => {
    const id = await placed("k3");
    const other = create(PlaceOrderRequestSchema, { ...request, clientReference: "cart-18" });
    await expect(placeOrder(place, ada, "k3", other, {})).rejects.toMatchObject({ code: "IDEMPOTENCY_KEY_REUSED" });
    expect(await placed("k3", carl)).not.toBe(id);
  });
});

describe("changing orders", () => {
  it("confirms on both outcomes in one batch with one event and one history row", async () => {
    const id = await placed("k");
    await settle(id, "stock-reserved", "payment-authorized");
    expect((await getOrder(shards, ada, id)).status).toBe("CONFIRMED");
    expect(await outboxTypes()).toEqual([OrderPlacedSchema.typeName, "ordermesh.order.v1.OrderConfirmed"]);
    const timeline = await getOrderTimeline(shards, ada, id);
    expect(timeline.map(({ status }) => status)).toEqual([OrderStatus.PENDING, OrderStatus.CONFIRMED]);
  });

  it("hides an order from other customers and shows it to operators", async () => {
    const id = await placed("k");
    await expect(getOrder(shards, carl, id)).rejects.toMatchObject({ code: "ORDER_NOT_FOUND" });
    await expect(cancelOrder(change, carl, { orderId: id, reason: "" }, {})).rejects.toBeInstanceOf(DomainError);
    expect((await getOrder(shards, operator, id)).id).toBe(id);
  });

  it("cancels PENDING orders past their deadline, once", async () => {
    const id = await placed("k");
    time = new Date(start.getTime() + 59_999);
    expect(await expireOrders(adas(), change)).toBe(0);
    time = new Date(start.getTime() + 60_000);
    expect(await expireOrders(adas(), change)).toBe(1);
    expect(await expireOrders(adas(), change)).toBe(0);
    expect(await getOrder(shards, ada, id)).toMatchObject({
      status: "CANCELLED",
      cancellationReason: "DEADLINE_EXCEEDED",
    });
  });
});

describe("listing orders", () => {
  it("merges the shards for operators, newest first, with the same tokens", async () => {
    const ids: string[] = [];
    for (let minute = 0; minute < 6; minute++) {
      time = new Date(start.getTime() + minute * 60_000);
      ids.unshift(await placed(`k${minute}`, minute % 3 === 0 ? carl : ada));
    }
    const seen: string[] = [];
    let pageToken = "";
    do {
      const page = await listOrders(shards, operator, create(ListOrdersRequestSchema, { pageSize: 2, pageToken }));
      seen.push(...page.orders.map(({ id }) => id));
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    expect(seen).toEqual(ids);
  });

  it("shows no copy of an order that is being moved", async () => {
    const id = await placed("k");
    const { rows } = await adas().database.pool.query<{ row: string }>(
      "SELECT to_json(orders)::text AS row FROM orders",
    );
    const copy = "INSERT INTO orders SELECT * FROM json_populate_record(NULL::orders, $1)";
    await shards.all[0]?.database.pool.query(copy, [rows[0]?.row]);
    const page = await listOrders(shards, operator, create(ListOrdersRequestSchema, {}));
    expect(page.orders.map((order) => order.id)).toEqual([id]);
  });

  it("pages newest first without gap or repeat, within a time range", async () => {
    const ids: string[] = [];
    for (let minute = 0; minute < 5; minute++) {
      time = new Date(start.getTime() + minute * 60_000);
      ids.unshift(await placed(`k${minute}`));
    }
    const page = (pageToken: string) =>
      listOrders(shards, ada, create(ListOrdersRequestSchema, { pageSize: 2, pageToken }));
    const first = await page("");
    const second = await page(first.nextPageToken);
    const third = await page(second.nextPageToken);
    expect([...first.orders, ...second.orders, ...third.orders].map(({ id }) => id)).toEqual(ids);
    expect(third.nextPageToken).toBe("");
    const seconds = BigInt(start.getTime() / 1000);
    const range = create(ListOrdersRequestSchema, {
      createdAfter: { seconds: seconds + 60n },
      createdBefore: { seconds: seconds + 180n },
    });
    expect((await listOrders(shards, ada, range)).orders.map(({ id }) => id)).toEqual([ids[2], ids[3]]);
  });

  it("refuses a token that is not its own", async () => {
    for (const pageToken of ["x", Buffer.from(`${newEventId()}.wrong`).toString("base64url")]) {
      const listing = listOrders(shards, ada, create(ListOrdersRequestSchema, { pageToken }));
      await expect(listing).rejects.toMatchObject({ code: "PAGE_TOKEN_INVALID" });
    }
  });

  it("lets only operators name a customer", async () => {
    await placed("k");
    const theirs = create(ListOrdersRequestSchema, { customerId: "ada" });
    await expect(listOrders(shards, carl, theirs)).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
    expect((await listOrders(shards, operator, theirs)).orders).toHaveLength(1);
  });
});
