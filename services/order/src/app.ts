// The only wiring of the order service.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createClient } from "@connectrpc/connect";
import { InventoryService } from "@ordermesh/proto/inventory";
import { OrderService } from "@ordermesh/proto/order";
import { inventoryTopic, paymentsTopic } from "@ordermesh/proto/topics";
import { createEventEncoder } from "@ordermesh/runtime/events";
import type { Logger } from "@ordermesh/runtime/logging";
import { openRedis, type RedisPort, redisMetrics } from "@ordermesh/runtime/redis";
import { createGrpcTransport, defineRpcService } from "@ordermesh/runtime/rpc";
import { type Host, openHost, type ServedService } from "@ordermesh/runtime/service-host";
import { startDeadlineSweeper } from "./commands/expire-orders.ts";
import { placeInGroups } from "./commands/place-in-groups.ts";
import type { PlaceOrderPorts } from "./commands/place-order.ts";
import type { OrderConfig } from "./config.ts";
import { applyByShard } from "./consumers/apply-by-shard.ts";
import { onOutcomes } from "./consumers/on-outcomes.ts";
import { parkedEventsMetric } from "./consumers/parked-events-metric.ts";
import { startUnparking } from "./consumers/unpark-events.ts";
import { lookupMetrics } from "./lookup/lookup-metrics.ts";
import { openLookups } from "./lookup/open-lookups.ts";
import { fetchPricesFrom } from "./prices/fetch-prices.ts";
import { createPriceCache, type PriceCache } from "./prices/price-cache.ts";
import { followPriceChanges } from "./prices/price-invalidation.ts";
import { createOrderWatcher } from "./queries/watch-order.ts";
import { orderService } from "./rpc/order-service.ts";
import { type OpenedShards, openShards, type Shard, type ShardSet } from "./shards/index.ts";

export const migrations = join(import.meta.dirname, "../prisma/migrations");

const sweepIntervalMs = 500;
const unparkIntervalMs = 500;
const watchPollMs = 200;
const priceLookupTimeoutMs = 2_000;
const pricePatienceMs = 300;

export async function startOrderService(config: OrderConfig, logger: Logger): Promise<ServedService> {
  const { host, shards } = await openShardedHost(config, logger);
  const encoder = createEventEncoder("/ordermesh/order");
  const now = (): Date => new Date();
  const watcher = createOrderWatcher({ shards, pollMs: watchPollMs, logger });
  const redis = openRedisOf(config, host, logger);
  const lookups = openLookups({ shards, redis, log: host.log, logger });
  host.beforeClose(() => lookups.stop());
  const { remember } = lookups;
  const change = { shards, encoder, now, changed: watcher.changed };
  const place: PlaceOrderPorts = {
    prices: await openPriceCache(config, host, redis, logger),
    shards,
    placeAt: placeInGroups(shards.all),
    remember,
    encoder,
    now,
    sagaDeadlineMs: config.ORDERMESH_SAGA_DEADLINE_MS,
  };

  const group = "order";
  const handlers = [onOutcomes({ encoder, now, changed: watcher.changed, remember })];
  const { apply, applyParked } = applyByShard({ shards, group, handlers, logger });
  await host.consume({ group, topics: [inventoryTopic, paymentsTopic], handlers }, apply);
  host.beforeClose(startUnparking({ shards, group, handlers, applyParked, intervalMs: unparkIntervalMs, logger }));
  for (const shard of shards.all) host.beforeClose(startDeadlineSweeper(shard, change, sweepIntervalMs, logger));
  const running = await host.serve(
    [defineRpcService(OrderService, orderService({ place, change, shards, lookups, watcher }))],
    [...lookupMetrics, ...(redis === undefined ? [] : redisMetrics), parkedEventsMetric(shards)],
  );
  return {
    ...running,
    async stop() {
      // Streams would hold the server open until their clients leave.
      watcher.stop();
      await running.stop();
    },
  };
}

async function openShardedHost(config: OrderConfig, logger: Logger): Promise<{ host: Host<Shard>; shards: ShardSet }> {
  let opened: OpenedShards | undefined;
  const host = await openHost({
    config,
    logger,
    openStores: async (log) => {
      opened = await openShards({
        urls: config.ORDERMESH_SHARDS,
        ranges: config.ORDERMESH_SHARD_BUCKETS,
        poolSize: config.ORDERMESH_DATABASE_POOL,
        instance: config.ORDERMESH_INSTANCE,
        migrations,
        log,
        logger,
      });
      return opened.shards.all;
    },
  });
  if (opened === undefined) throw new Error("the shards were not opened");
  const { shards, stop } = opened;
  host.beforeClose(stop);
  return { host, shards };
}

function openRedisOf(config: OrderConfig, host: Host<Shard>, logger: Logger): RedisPort | undefined {
  if (config.ORDERMESH_REDIS_URL === undefined) return undefined;
  const redis = openRedis({ url: config.ORDERMESH_REDIS_URL, name: config.ORDERMESH_INSTANCE, logger });
  host.beforeClose(() => redis.close());
  return redis;
}

async function openPriceCache(
  config: OrderConfig,
  host: Host<Shard>,
  redis: RedisPort | undefined,
  logger: Logger,
): Promise<PriceCache> {
  const token = (await readFile(config.ORDERMESH_SERVICE_TOKEN_FILE, "utf8")).trim();
  const transport = createGrpcTransport({
    addresses: config.ORDERMESH_INVENTORY_ADDRESS,
    defaultTimeoutMs: priceLookupTimeoutMs,
  });
  host.beforeClose(async () => transport.close());
  const cache = createPriceCache({
    fetchPrices: fetchPricesFrom(createClient(InventoryService, transport), token),
    freshMs: config.ORDERMESH_PRICE_FRESH_MS,
    maxAgeMs: config.ORDERMESH_PRICE_MAX_AGE_MS,
    patienceMs: pricePatienceMs,
    now: () => performance.now(),
  });
  if (redis !== undefined) host.beforeClose(await followPriceChanges(redis, cache, logger));
  return cache;
}
