import { create, fromBinary, type MessageInitShape } from "@bufbuild/protobuf";
import { StockRejectedSchema } from "@ordermesh/proto/inventory";
import { OrderCancelledSchema, OrderConfirmedSchema, OrderPlacedSchema } from "@ordermesh/proto/order";
import type { ApplyContext } from "@ordermesh/runtime/consumer";
import { type Database, keyedPlans, migrate, openDatabase } from "@ordermesh/runtime/database";
import type { EventRecord } from "@ordermesh/runtime/event-log";
import { createEventEncoder, type Event } from "@ordermesh/runtime/events";
import { newBucketedId, newEventId } from "@ordermesh/runtime/ids";
import { createLogger } from "@ordermesh/runtime/logging";
import { createTestDatabase, fixedClock, type TestDatabase } from "@ordermesh/runtime/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { migrations } from "../app.ts";
import { putItem } from "../store/items.ts";

import { onOrderEvents } from "./on-order-events.ts";
import type { OrderMessage } from "./order-event.ts";

const logger = createLogger({ name: "inventory", instance: "test", level: "silent" });
const clock = fixedClock("2026-03-01T10:00:00.000Z");
const handler = onOrderEvents({ encoder: createEventEncoder("/ordermesh/inventory"), now: clock.date });
const customerId = "ada";

let testDatabase: TestDatabase;
let database: Database;

beforeAll(async () => {
  testDatabase = await createTestDatabase("inventory");
  await migrate({ url: testDatabase.url, directory: migrations, logger });
  database = openDatabase({ url: testDatabase.url, name: "inventory", logger, settings: keyedPlans });
});

afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

beforeEach(async () => {
  await database.pool.query("TRUNCATE item, stock, stock_adjustment, reservation");
});

async function stocked(sku: string, available: number): Promise<void> {
  await putItem(database, { sku, name: sku, priceCurrency: "EUR", priceMinor: 100n }, clock.date());
  await database.pool.query("UPDATE stock SET available = $2 WHERE sku = $1", [sku, available]);
}

async function stockOf(sku: string): Promise<{ available: bigint; reserved: bigint; deducted: bigint } | undefined> {
  const { rows } = await database.pool.query("SELECT available, reserved, deducted FROM stock WHERE sku = $1", [sku]);
  return rows[0];
}

async function statusOf(orderId: string): Promise<number | undefined> {
  const { rows } = await database.pool.query("SELECT status FROM reservation WHERE order_id = $1", [orderId]);
  return rows[0]?.status;
}

const orderId = (): string => newBucketedId(customerId, clock.now());

function event(message: OrderMessage): Event<OrderMessage> {
  const value = new Uint8Array();
  const position = { topic: "ordermesh.orders.v1", partition: 0, offset: 0n, appendTime: clock.date() };
  const record = { ...position, key: message.orderId, headers: {}, value };
  const trace = { correlationId: "corr-1", traceparent: "00-1-2-01" };
  return {
    id: newEventId(),
    type: message.$typeName,
    key: message.orderId,
    time: clock.date(),
    message,
    record,
    ...trace,
  };
}

function placed(id: string, ...lines: [sku: string, quantity: number][]): Event<OrderMessage> {
  const init: MessageInitShape<typeof OrderPlacedSchema> = {
    orderId: id,
    customerId,
    lines: lines.map(([sku, quantity]) => ({ sku, quantity })),
  };
  return event(create(OrderPlacedSchema, init));
}
const confirmed = (id: string) => event(create(OrderConfirmedSchema, { orderId: id, customerId }));
const cancelled = (id: string) => event(create(OrderCancelledSchema, { orderId: id, customerId }));

async function apply(...events: Event<OrderMessage>[]): Promise<EventRecord[]> {
  const emitted: EventRecord[] = [];
  const context: ApplyContext = {
    emit: (record) => emitted.push(record),
    afterCommit: () => undefined,
    signal: new AbortController().signal,
  };
  await database.transaction((tx) => handler.apply(events, tx, context));
  return emitted;
}

const typesOf = (records: EventRecord[]) => records.map((record) => record.headers["ce_type"]?.split(".").at(-1));

describe("order events", () => {
  it("reserve, then deduct, and announce both under the order's key with its correlation", async () => {
    await stocked("mug", 5);
    await stocked("cup", 5);
    const id = orderId();
    const reserved = await apply(placed(id, ["mug", 2], ["cup", 1]));
    expect(typesOf(reserved)).toEqual(["StockReserved"]);
    expect(reserved[0]).toMatchObject({
      topic: "ordermesh.inventory.v1",
      key: id,
      headers: { ce_source: "/ordermesh/inventory", correlationid: "corr-1", traceparent: "00-1-2-01" },
    });
    expect(await stockOf("mug")).toEqual({ available: 3n, reserved: 2n, deducted: 0n });

    expect(typesOf(await apply(confirmed(id)))).toEqual(["StockDeducted"]);
    expect(await stockOf("mug")).toEqual({ available: 3n, reserved: 0n, deducted: 2n });
    expect(await stockOf("cup")).toEqual({ available: 4n, reserved: 0n, deducted: 1n });
    expect(await statusOf(id)).toBe(3);
  });

  it("reject an order that is short of one item, naming it, and keep what was asked for", async () => {
    await stocked("mug", 5);
    const id = orderId();
    const [record] = await apply(placed(id, ["mug", 2], ["ghost", 1]));
    expect(fromBinary(StockRejectedSchema, record?.value ?? new Uint8Array()).shortSkus).toEqual(["ghost"]);
    expect(await stockOf("mug")).toEqual({ available: 5n, reserved: 0n, deducted: 0n });
    const { rows } = await database.pool.query("SELECT sku, quantity, status FROM reservation_line ORDER BY sku");
    expect(rows).toEqual([
      { sku: "ghost", quantity: 1, status: 2 },
      { sku: "mug", quantity: 2, status: 2 },
    ]);
    expect(await apply(cancelled(id))).toEqual([]);
    expect(await statusOf(id)).toBe(2);
  });

  it("release what is reserved and restock what was deducted", async () => {
    await stocked("mug", 5);
    const [first, second] = [orderId(), orderId()];
    await apply(placed(first, ["mug", 1]), placed(second, ["mug", 2]));
    await apply(confirmed(second));
    expect(typesOf(await apply(cancelled(first), cancelled(second)))).toEqual(["StockReleased", "StockRestocked"]);
    expect(await stockOf("mug")).toEqual({ available: 5n, reserved: 0n, deducted: 0n });
    expect([await statusOf(first), await statusOf(second)]).toEqual([4, 5]);
  });

  it("hold nothing for an order that was cancelled before its placed event came", async () => {
    await stocked("mug", 5);
    const id = orderId();
    expect(await apply(cancelled(id))).toEqual([]);
    expect(await apply(placed(id, ["mug", 1]))).toEqual([]);
    expect(await stockOf("mug")).toEqual({ available: 5n, reserved: 0n, deducted: 0n });
  });

  it("name the event that contradicts its order, and change nothing", async () => {
    await stocked("mug", 5);
    const bad = confirmed(orderId());
    const batch = [placed(orderId(), ["mug", 1]), bad];
    await expect(apply(...batch)).rejects.toMatchObject({ name: "PoisonError", eventId: bad.id });
    expect(await stockOf("mug")).toEqual({ available: 5n, reserved: 0n, deducted: 0n });
  });

  it("with lines that cannot be are poison", async () => {
    const bad = placed(orderId(), ["mug", -1]);
    await expect(apply(bad)).rejects.toMatchObject({ name: "PoisonError", eventId: bad.id });
  });

  it("of a hundred clients for the last fifty pieces reserve exactly fifty, however many batches run at once", async () => {
    await stocked("hot", 50);
    await stocked("cold", 1_000);
    const batches = Array.from({ length: 10 }, () =>
      Array.from({ length: 10 }, (_, index) =>
        // Lines in both orders: batches that lock in the order of their lines would deadlock.
        index % 2 === 0 ? placed(orderId(), ["hot", 1], ["cold", 1]) : placed(orderId(), ["cold", 1], ["hot", 1]),
      ),
    );
    const emitted = (await Promise.all(batches.map((batch) => apply(...batch)))).flat();
    expect(typesOf(emitted).filter((type) => type === "StockReserved")).toHaveLength(50);
    expect(typesOf(emitted).filter((type) => type === "StockRejected")).toHaveLength(50);
    expect(await stockOf("hot")).toEqual({ available: 0n, reserved: 50n, deducted: 0n });
    expect(await stockOf("cold")).toEqual({ available: 950n, reserved: 50n, deducted: 0n });
  });

  it("update a hot item once per batch", async () => {
    await stocked("hot", 100);
    await database.pool.query("CREATE TABLE seen (n int)");
    await database.pool.query(`CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
      'BEGIN INSERT INTO seen VALUES (1); RETURN NEW; END'`);
    await database.pool.query("CREATE TRIGGER note AFTER UPDATE ON stock FOR EACH ROW EXECUTE FUNCTION note()");
    await apply(...Array.from({ length: 30 }, () => placed(orderId(), ["hot", 1])));
    await database.pool.query("DROP TRIGGER note ON stock");
    expect((await database.pool.query("SELECT count(*) AS updates FROM seen")).rows).toEqual([{ updates: 1n }]);
    expect(await stockOf("hot")).toEqual({ available: 70n, reserved: 30n, deducted: 0n });
  });

  it("cannot reserve twice for one order", async () => {
    await stocked("mug", 5);
    const id = orderId();
    await apply(placed(id, ["mug", 1]));
    expect(await apply(placed(id, ["mug", 1]))).toEqual([]);
    expect(await stockOf("mug")).toEqual({ available: 4n, reserved: 1n, deducted: 0n });
  });
});
