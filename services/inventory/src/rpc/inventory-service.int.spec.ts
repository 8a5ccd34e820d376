import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  AdjustStockRequestSchema,
  BatchGetItemsRequestSchema,
  GetItemRequestSchema,
  InventoryService,
  ListItemsRequestSchema,
  ListReservationsRequestSchema,
  PutItemRequestSchema,
  ReservationStatus,
} from "@ordermesh/proto/inventory";
import { createCaller } from "@ordermesh/runtime/auth";
import { type Database, keyedPlans, migrate, openDatabase } from "@ordermesh/runtime/database";
import { newBucketedId } from "@ordermesh/runtime/ids";
import { createLogger } from "@ordermesh/runtime/logging";
import { createCallContext } from "@ordermesh/runtime/rpc";
import { createTestDatabase, fixedClock, type TestDatabase } from "@ordermesh/runtime/testing";
import { PrismaPg } from "@prisma/adapter-pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { migrations } from "../app.ts";
import { MAXIMUM_PIECES } from "../domain/stock.ts";
import { PrismaClient } from "../store/prisma/client.ts";
import { inventoryService } from "./inventory-service.ts";

const logger = createLogger({ name: "inventory", instance: "test", level: "silent" });
const clock = fixedClock("2026-03-01T10:00:00.000Z");
const operator = createCaller("ops", "items.read items.write orders.read customers.all");
const ada = createCaller("ada", "items.read orders.read");
const { method } = InventoryService;

let testDatabase: TestDatabase;
let database: Database;
let prisma: PrismaClient;
let calls: ReturnType<typeof callsOf>;

const changedPrices: string[] = [];

beforeAll(async () => {
  testDatabase = await createTestDatabase("inventory_rpc");
  await migrate({ url: testDatabase.url, directory: migrations, logger });
  database = openDatabase({ url: testDatabase.url, name: "inventory", logger, settings: keyedPlans });
  prisma = new PrismaClient({ adapter: new PrismaPg(database.pool) });
  calls = callsOf();
});

afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

beforeEach(async () => {
  changedPrices.length = 0;
  await database.pool.query("TRUNCATE item, stock, stock_adjustment, reservation, idempotency_key");
});

function callsOf() {
  const priceChanged = (sku: string) => void changedPrices.push(sku);
  const service = inventoryService({ database, prisma, now: clock.date, priceChanged });
  return {
    async put(sku: string, minorUnits = 100n, name = sku) {
      const request = create(PutItemRequestSchema, { sku, name, unitPrice: { currencyCode: "EUR", minorUnits } });
      return (await service.putItem(request, createCallContext(method.putItem, { caller: operator }))).item;
    },
    async get(sku: string) {
      const context = createCallContext(method.getItem, { caller: ada });
      return (await service.getItem(create(GetItemRequestSchema, { sku }), context)).item;
    },
    list(pageSize: number, pageToken = "") {
      const request = create(ListItemsRequestSchema, { pageSize, pageToken });
      return service.listItems(request, createCallContext(method.listItems, { caller: ada }));
    },
    batchGet(...skus: string[]) {
      const request = create(BatchGetItemsRequestSchema, { skus });
      return service.batchGetItems(request, createCallContext(method.batchGetItems, { caller: ada }));
    },
    async adjust(sku: string, delta: bigint, idempotencyKey: string, caller = operator) {
      const context = createCallContext(method.adjustStock, { caller, idempotencyKey });
      const request = create(AdjustStockRequestSchema, { sku, delta, reason: "arrival" });
      const { item } = await service.adjustStock(request, context);
      return { item, replayed: context.responseHeader.get("idempotency-replayed") };
    },
    async reservations(orderId: string, caller = ada) {
      const context = createCallContext(method.listReservations, { caller });
      const request = create(ListReservationsRequestSchema, { orderId });
      return (await service.listReservations(request, context)).reservations;
    },
  };
}

async function ledgerOf(sku: string): Promise<bigint> {
  const { rows } = await database.pool.query(
    "SELECT coalesce(sum(delta), 0)::bigint AS sum FROM stock_adjustment WHERE sku = $1",
    [sku],
  );
  return rows[0]?.sum;
}

describe("items", () => {
  it("are created with empty stock and read back", async () => {
    const put = await calls.put("mug", 1_250n, "Blue mug");
    expect(put).toMatchObject({ sku: "mug", name: "Blue mug", available: 0n, reserved: 0n, deducted: 0n });
    expect(put?.unitPrice).toMatchObject({ currencyCode: "EUR", minorUnits: 1_250n });
    expect(await calls.get("mug")).toEqual(put);
  });

  it("keep their stock when they are put again, and their update time unless something changed", async () => {
    const first = await calls.put("mug", 100n);
    await calls.adjust("mug", 7n, "key-1");
    clock.advance(1_000);
    expect(await calls.put("mug", 100n)).toMatchObject({ available: 7n, updateTime: first?.updateTime });
    const changed = await calls.put("mug", 200n);
    expect(changed).toMatchObject({ available: 7n, createTime: first?.createTime });
    expect(changed?.updateTime).toEqual(timestampFromDate(clock.date()));
  });

  it("announce their price when they are put, and not when something else changes", async () => {
    await calls.put("mug", 100n);
    await calls.put("mug", 200n);
    await calls.adjust("mug", 7n, "key-1");
    expect(changedPrices).toEqual(["mug", "mug"]);
  });

  it("that do not exist are not found", async () => {
    await expect(calls.get("ghost")).rejects.toMatchObject({ code: "ITEM_NOT_FOUND" });
  });

  it("are listed by sku, page by page", async () => {
    for (const sku of ["b", "a-1", "c", "a.0", "a"]) await calls.put(sku);
    const pages: (string | undefined)[][] = [];
    let token = "";
    do {
      const page = await calls.list(2, token);
      pages.push((page.items ?? []).map((item) => item.sku));
      token = page.nextPageToken ?? "";
    } while (token !== "");
    expect(pages).toEqual([["a", "a-1"], ["a.0", "b"], ["c"]]);
  });

  it.each(["x", "MTpB", "MTph!", "MTph=", Buffer.from("2:a").toString("base64url")])(
    "refuse the page token %j",
    async (token) => {
      await expect(calls.list(2, token)).rejects.toMatchObject({ code: "PAGE_TOKEN_INVALID" });
    },
  );

  it("are got in a batch in the order asked for, with the unknown ones named", async () => {
    for (const sku of ["a", "b"]) await calls.put(sku);
    const { items, missingSkus } = await calls.batchGet("b", "ghost", "a", "b");
    expect(items?.map((item) => item.sku)).toEqual(["b", "a"]);
    expect(missingSkus).toEqual(["ghost"]);
  });
});

describe("adjusting stock", () => {
  it("changes the counter and the ledger together", async () => {
    await calls.put("mug");
    expect((await calls.adjust("mug", 50n, "key-1")).item).toMatchObject({ available: 50n });
    expect((await calls.adjust("mug", -20n, "key-2")).item).toMatchObject({ available: 30n });
    expect(await ledgerOf("mug")).toBe(30n);
  });

  it("happens once per key, however often it is asked for at once", async () => {
    await calls.put("mug");
    const answers = await Promise.all(Array.from({ length: 20 }, () => calls.adjust("mug", 5n, "key-1")));
    expect(answers.filter(({ replayed }) => replayed === "true")).toHaveLength(19);
    expect(new Set(answers.map(({ item }) => item?.available))).toEqual(new Set([5n]));
    expect(await calls.get("mug")).toMatchObject({ available: 5n });
    expect(await ledgerOf("mug")).toBe(5n);
  });

  it("refuses a key that was used for something else, and keeps callers' keys apart", async () => {
    await calls.put("mug");
    await calls.adjust("mug", 5n, "key-1");
    await expect(calls.adjust("mug", 6n, "key-1")).rejects.toMatchObject({ code: "IDEMPOTENCY_KEY_REUSED" });
    await calls.adjust("mug", 6n, "key-1", createCaller("ops-2", "items.write"));
    expect(await calls.get("mug")).toMatchObject({ available: 11n });
  });

  it("refuses to go below zero, saying what is there, and remembers nothing of it", async () => {
    await calls.put("mug");
    await calls.adjust("mug", 5n, "key-1");
    await expect(calls.adjust("mug", -6n, "key-2")).rejects.toMatchObject({
      code: "INSUFFICIENT_STOCK",
      metadata: { sku: "mug", available: "5", requested: "6" },
    });
    expect(await ledgerOf("mug")).toBe(5n);
    expect((await calls.adjust("mug", -4n, "key-2")).item).toMatchObject({ available: 1n });
  });

  it("refuses an item that does not exist", async () => {
    await expect(calls.adjust("ghost", 1n, "key-1")).rejects.toMatchObject({ code: "ITEM_NOT_FOUND" });
  });

  it("refuses more pieces than can be counted exactly", async () => {
    await calls.put("mug");
    await database.pool.query("UPDATE stock SET deducted = $1", [MAXIMUM_PIECES - 1]);
    await calls.adjust("mug", 1n, "key-1");
    await expect(calls.adjust("mug", 1n, "key-2")).rejects.toMatchObject({ code: "STOCK_LIMIT_EXCEEDED" });
  });

  it("never goes below zero when many take at once", async () => {
    await calls.put("mug");
    await calls.adjust("mug", 5n, "key-1");
    const results = await Promise.allSettled(
      Array.from({ length: 10 }, (_, index) => calls.adjust("mug", -1n, `take-${index}`)),
    );
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(5);
    expect(await calls.get("mug")).toMatchObject({ available: 0n });
    expect(await ledgerOf("mug")).toBe(0n);
  });
});

describe("reservations", () => {
  const orderId = newBucketedId("ada", clock.now());

  async function reserve(customerId: string): Promise<void> {
    const lines = [
      ["mug", 2],
      ["cup", 1],
    ];
    const updateTime = clock.date();
    await prisma.reservation.create({ data: { orderId, customerId, status: 1, lines, updateTime } });
  }

  it("are listed by sku for the customer and for operators", async () => {
    await reserve("ada");
    const listed = await calls.reservations(orderId);
    expect(listed?.map(({ sku, quantity, status }) => ({ sku, quantity, status }))).toEqual([
      { sku: "cup", quantity: 1, status: ReservationStatus.RESERVED },
      { sku: "mug", quantity: 2, status: ReservationStatus.RESERVED },
    ]);
    expect(await calls.reservations(orderId, operator)).toEqual(listed);
  });

  it("of another customer are not found", async () => {
    await reserve("bob");
    await expect(calls.reservations(orderId)).rejects.toMatchObject({ code: "ORDER_NOT_FOUND" });
  });

  it("are empty for an order of the customer that was not seen yet", async () => {
    expect(await calls.reservations(orderId)).toEqual([]);
  });

  it("of an unseen order whose id belongs to others are not found, except for operators", async () => {
    const other = newBucketedId("bob", clock.now());
    await expect(calls.reservations(other)).rejects.toMatchObject({ code: "ORDER_NOT_FOUND" });
    expect(await calls.reservations(other, operator)).toEqual([]);
  });
});

describe("the Prisma schema", () => {
  it("fits the migration", async () => {
    await calls.put("mug");
    await calls.adjust("mug", 5n, "key-1");
    expect(await prisma.item.findMany()).toHaveLength(1);
    expect(await prisma.stock.findMany()).toMatchObject([{ sku: "mug", available: 5n }]);
    expect(await prisma.stockAdjustment.findMany({ include: { item: true } })).toMatchObject([
      { delta: 5n, reason: "arrival", caller: "ops" },
    ]);
    expect(await prisma.reservation.findMany()).toEqual([]);
  });
});
