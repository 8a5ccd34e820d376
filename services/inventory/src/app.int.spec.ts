// The whole service as a process runs it: event log in, event log out, RPC beside it.
import { createClient } from "@connectrpc/connect";
import { InventoryService } from "@ordermesh/proto/inventory";
import { OrderCancelledSchema, OrderConfirmedSchema, OrderPlacedSchema } from "@ordermesh/proto/order";
import { inventoryTopic, ordersTopic } from "@ordermesh/proto/topics";
import { formatHostPort, readConfig, serviceConfig } from "@ordermesh/runtime/config";
import { deadLetterTopic, type EventLog, type EventRecord, openEventLog } from "@ordermesh/runtime/event-log";
import { createEventEncoder } from "@ordermesh/runtime/events";
import { newBucketedId } from "@ordermesh/runtime/ids";
import { createLogger } from "@ordermesh/runtime/logging";
import { createGrpcTransport } from "@ordermesh/runtime/rpc";
import type { ServedService } from "@ordermesh/runtime/service-host";
import {
  createTestDatabase,
  createTestIdentity,
  type TestDatabase,
  type TestIdentity,
} from "@ordermesh/runtime/testing";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { startInventoryService } from "./app.ts";

const logger = createLogger({ name: "inventory", instance: "test", level: "silent" });
const encoder = createEventEncoder("/ordermesh/order");
const customerId = "ada";

let own: TestDatabase;
let shared: TestDatabase;
let identity: TestIdentity;
let log: EventLog;
const running = new Set<ServedService>();

async function start(instance: string): Promise<ServedService> {
  const config = readConfig(serviceConfig, {
    ORDERMESH_INSTANCE: instance,
    ORDERMESH_GRPC_LISTEN: "127.0.0.1:0",
    ORDERMESH_CONNECT_LISTEN: "127.0.0.1:0",
    ORDERMESH_HEALTH_LISTEN: "127.0.0.1:0",
    ORDERMESH_DATABASE_URL: own.url,
    ORDERMESH_EVENT_LOG_URL: shared.url,
    ORDERMESH_JWKS_FILE: identity.jwksFile,
    ORDERMESH_JWT_ISSUER: identity.issuer,
    ORDERMESH_JWT_AUDIENCE: identity.audience,
  });
  const service = await startInventoryService(config, logger);
  running.add(service);
  return service;
}

async function stop(service: ServedService): Promise<void> {
  running.delete(service);
  await service.stop();
}

beforeAll(async () => {
  own = await createTestDatabase("inventory_app");
  shared = await createTestDatabase("inventory_log");
  identity = await createTestIdentity();
  log = await openEventLog({ url: shared.url, clientId: "spec", logger });
});

afterAll(async () => {
  await Promise.all([...running].map(stop));
  await log.close();
  await Promise.all([own.drop(), shared.drop(), identity.remove()]);
});

async function clientOf(service: ServedService) {
  const transport = createGrpcTransport({
    addresses: [formatHostPort(service.grpcAddress)],
    defaultTimeoutMs: 5_000,
  });
  const scopes = ["items.read", "items.write", "orders.read", "customers.all"];
  const authorization = `Bearer ${await identity.token("ops", scopes)}`;
  return { client: createClient(InventoryService, transport), authorization, close: () => transport.close() };
}

const newOrderId = () => newBucketedId(customerId, Date.now());
const metadataOf = (orderId: string) => ({ topic: ordersTopic, key: orderId, time: new Date() });
const placed = (orderId: string, sku: string, quantity = 1): EventRecord =>
  encoder.encode(OrderPlacedSchema, { orderId, customerId, lines: [{ sku, quantity }] }, metadataOf(orderId));
const confirmed = (orderId: string): EventRecord =>
  encoder.encode(OrderConfirmedSchema, { orderId, customerId }, metadataOf(orderId));
const cancelled = (orderId: string): EventRecord =>
  encoder.encode(OrderCancelledSchema, { orderId, customerId }, metadataOf(orderId));

/** Types of what inventory announced for the orders, in the order of the log. */
async function announced(...orderIds: string[]): Promise<string[]> {
  const types: string[] = [];
  for await (const record of log.read(inventoryTopic)) {
    if (orderIds.includes(record.key)) types.push(record.headers["ce_type"]?.split(".").at(-1) ?? "");
  }
  return types;
}

async function stocked(service: ServedService, sku: string, delta: bigint): Promise<void> {
  const { client, authorization, close } = await clientOf(service);
  await client.putItem(
    { sku, name: sku, unitPrice: { currencyCode: "EUR", minorUnits: 100n } },
    { headers: { authorization } },
  );
  const headers = { authorization, "idempotency-key": `stock-${sku}` };
  await client.adjustStock({ sku, delta, reason: "arrival" }, { headers });
  close();
}

async function stockOf(service: ServedService, sku: string) {
  const { client, authorization, close } = await clientOf(service);
  const { item } = await client.getItem({ sku }, { headers: { authorization } });
  close();
  return { available: item?.available, reserved: item?.reserved, deducted: item?.deducted };
}

describe("the inventory service", () => {
  it("reserves, deducts and restocks by what the log says", async () => {
    const service = await start("inventory-1");
    await stocked(service, "mug", 5n);
    const orderId = newOrderId();
    await log.append([placed(orderId, "mug", 2)]);
    await vi.waitFor(async () => expect(await announced(orderId)).toEqual(["StockReserved"]), 10_000);
    await log.append([confirmed(orderId)]);
    await vi.waitFor(async () => expect(await stockOf(service, "mug")).toMatchObject({ deducted: 2n }), 10_000);
    await log.append([cancelled(orderId)]);
    const all = ["StockReserved", "StockDeducted", "StockRestocked"];
    await vi.waitFor(async () => expect(await announced(orderId)).toEqual(all), 10_000);
    expect(await stockOf(service, "mug")).toEqual({ available: 5n, reserved: 0n, deducted: 0n });
    await stop(service);
  });

  it("applies a repeated event once and goes on where it stopped", async () => {
    const service = await start("inventory-1");
    await stocked(service, "cup", 5n);
    const first = newOrderId();
    const record = placed(first, "cup");
    await log.append([record, record]);
    await vi.waitFor(async () => expect(await announced(first)).toEqual(["StockReserved"]), 10_000);
    await stop(service);

    const second = newOrderId();
    await log.append([record, placed(second, "cup")]);
    const again = await start("inventory-1");
    await vi.waitFor(async () => expect(await announced(second)).toEqual(["StockReserved"]), 10_000);
    await vi.waitFor(async () => expect(await log.lag("inventory", [ordersTopic])).toBe(0n), 10_000);
    expect(await announced(first)).toEqual(["StockReserved"]);
    expect(await stockOf(again, "cup")).toEqual({ available: 3n, reserved: 2n, deducted: 0n });
    await stop(again);
  });

  it("sends an event that contradicts its order to the dead letters and applies its neighbours", async () => {
    const service = await start("inventory-1");
    await stocked(service, "pan", 5n);
    const [unknown, good] = [newOrderId(), newOrderId()];
    await log.append([confirmed(unknown), placed(good, "pan")]);
    await vi.waitFor(async () => expect(await announced(good)).toEqual(["StockReserved"]), 10_000);
    const deadKeys = async () => {
      const keys: string[] = [];
      for await (const record of log.read(deadLetterTopic(ordersTopic))) keys.push(record.key);
      return keys;
    };
    await vi.waitFor(async () => expect(await deadKeys()).toEqual([unknown]), 10_000);
    await stop(service);
  });

  it("reserves exactly the last fifty pieces for a hundred orders when two replicas share the work", async () => {
    const replicas = await Promise.all([start("inventory-1"), start("inventory-2")]);
    await stocked(replicas[0], "hot", 50n);
    const orderIds = Array.from({ length: 100 }, newOrderId);
    await log.append(orderIds.map((orderId) => placed(orderId, "hot")));
    await vi.waitFor(async () => expect(await announced(...orderIds)).toHaveLength(100), 15_000);
    const outcomes = await announced(...orderIds);
    expect(outcomes.filter((type) => type === "StockReserved")).toHaveLength(50);
    expect(outcomes.filter((type) => type === "StockRejected")).toHaveLength(50);
    expect(await stockOf(replicas[1], "hot")).toEqual({ available: 0n, reserved: 50n, deducted: 0n });
    await Promise.all(replicas.map(stop));
  });
});
