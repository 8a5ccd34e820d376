// PutItem as a client calls it, with a real Redis beside the service.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@connectrpc/connect";
import { findFreePorts, findRedis, type RunningRedis, startRedis } from "@ordermesh/engines/redis";
import { pricesChannel } from "@ordermesh/proto/channels";
import { InventoryService } from "@ordermesh/proto/inventory";
import { formatHostPort, readConfig } from "@ordermesh/runtime/config";
import { createLogger } from "@ordermesh/runtime/logging";
import { openRedis } from "@ordermesh/runtime/redis";
import { createGrpcTransport } from "@ordermesh/runtime/rpc";
import type { ServedService } from "@ordermesh/runtime/service-host";
import {
  createTestDatabase,
  createTestIdentity,
  type TestDatabase,
  type TestIdentity,
} from "@ordermesh/runtime/testing";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startInventoryService } from "../app.ts";
import { inventoryConfig } from "../config.ts";

const logger = createLogger({ name: "inventory", instance: "spec", level: "silent" });
const users = [
  { name: "inventory", password: "inventory", rules: [`&${pricesChannel}`, "+ping", "+publish"] },
  { name: "order", password: "order", rules: [`&${pricesChannel}`, "+ping", "+subscribe", "+unsubscribe"] },
];

let folder: string;
let redis: RunningRedis;
let database: TestDatabase;
let log: TestDatabase;
let identity: TestIdentity;
let service: ServedService;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ordermesh-prices-"));
  const [port = 0] = await findFreePorts(1);
  redis = await startRedis({ program: await findRedis(), folder, port, users });
  database = await createTestDatabase("inventory_prices");
  log = await createTestDatabase("inventory_prices_log");
  identity = await createTestIdentity();
  const config = readConfig(inventoryConfig, {
    ORDERMESH_INSTANCE: "inventory-1",
    ORDERMESH_GRPC_LISTEN: "127.0.0.1:0",
    ORDERMESH_CONNECT_LISTEN: "127.0.0.1:0",
    ORDERMESH_HEALTH_LISTEN: "127.0.0.1:0",
    ORDERMESH_DATABASE_URL: database.url,
    ORDERMESH_EVENT_LOG_URL: log.url,
    ORDERMESH_JWKS_FILE: identity.jwksFile,
    ORDERMESH_JWT_ISSUER: identity.issuer,
    ORDERMESH_JWT_AUDIENCE: identity.audience,
    ORDERMESH_REDIS_URL: redis.url("inventory"),
  });
  service = await startInventoryService(config, logger);
});

afterAll(async () => {
  await service.stop();
  await redis.stop();
  await Promise.all([database.drop(), log.drop(), identity.remove(), rm(folder, { recursive: true, force: true })]);
});

const scrape = async () => (await fetch(`http://${formatHostPort(service.healthAddress)}/metrics`)).text();

test("a changed price is told once it is committed, and a Redis that is away costs the call nothing", async () => {
  const listener = openRedis({ url: redis.url("order"), name: "order-1", logger });
  const heard: string[] = [];
  await listener.subscribe(pricesChannel, (message) => void heard.push(message));
  const transport = createGrpcTransport({
    addresses: [formatHostPort(service.grpcAddress)],
    defaultTimeoutMs: 5_000,
  });
  const client = createClient(InventoryService, transport);
  const authorization = `Bearer ${await identity.token("ops", ["items.read", "items.write"])}`;
  const put = async (sku: string, minorUnits: bigint) => {
    const unitPrice = { currencyCode: "EUR", minorUnits };
    const { item } = await client.putItem({ sku, name: sku, unitPrice }, { headers: { authorization } });
    return item?.unitPrice?.minorUnits;
  };

  let price = 0n;
  await vi.waitFor(
    async () => {
      price += 1n;
      expect(await put("mug", price)).toBe(price);
      expect(heard[0]).toBe('["mug"]');
    },
    { timeout: 10_000, interval: 20 },
  );
  expect(await scrape()).toContain("ordermesh_redis_up 1");

  redis.kill("SIGSTOP");
  expect(await put("mug", 700n)).toBe(700n);
  redis.kill("SIGKILL");
  await redis.exited;
  expect(await put("mug", 800n)).toBe(800n);
  await vi.waitFor(async () => expect(await scrape()).toContain("ordermesh_redis_up 0"), 5_000);
  transport.close();
  await listener.close();
});
