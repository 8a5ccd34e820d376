// The only wiring of the inventory service.
import { join } from "node:path";
import { InventoryService } from "@ordermesh/proto/inventory";
import { ordersTopic } from "@ordermesh/proto/topics";
import { createEventEncoder } from "@ordermesh/runtime/events";
import type { Logger } from "@ordermesh/runtime/logging";
import { openRedis, type RedisPort, redisMetrics } from "@ordermesh/runtime/redis";
import { defineRpcService } from "@ordermesh/runtime/rpc";
import { openServiceHost, type ServedService } from "@ordermesh/runtime/service-host";
import { PrismaPg } from "@prisma/adapter-pg";
import type { InventoryConfig } from "./config.ts";
import { onOrderEvents } from "./consumers/on-order-events.ts";
import { announcePrices } from "./prices/announce-prices.ts";
import { inventoryService } from "./rpc/inventory-service.ts";
import { PrismaClient } from "./store/prisma/client.ts";

export const migrations = join(import.meta.dirname, "../prisma/migrations");

export async function startInventoryService(config: InventoryConfig, logger: Logger): Promise<ServedService> {
  const host = await openServiceHost({ config, migrations, logger });
  const { database } = host;
  const prisma = new PrismaClient({ adapter: new PrismaPg(database.pool) });
  const encoder = createEventEncoder("/ordermesh/inventory");
  const now = (): Date => new Date();
  await host.consume({
    group: "inventory",
    topics: [ordersTopic],
    handlers: [onOrderEvents({ encoder, now })],
  });
  const redis = openRedisOf(config, logger);
  if (redis !== undefined) host.beforeClose(() => redis.close());
  const priceChanged = redis === undefined ? () => undefined : announcePrices(redis, logger);
  const service = inventoryService({ database, prisma, now, priceChanged });
  return host.serve([defineRpcService(InventoryService, service)], redis === undefined ? [] : redisMetrics);
}

function openRedisOf(config: InventoryConfig, logger: Logger): RedisPort | undefined {
  const { ORDERMESH_REDIS_URL: url, ORDERMESH_INSTANCE: name } = config;
  return url === undefined ? undefined : openRedis({ url, name, logger });
}
