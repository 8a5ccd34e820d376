// The only wiring of the order service.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createClient } from "@connectrpc/connect";
import { InventoryService } from "@ordermesh/proto/inventory";
import { OrderService } from "@ordermesh/proto/order";
import { inventoryTopic, paymentsTopic } from "@ordermesh/proto/topics";
import { createBatcher } from "@ordermesh/runtime/batching";
import { type Database, isTransient } from "@ordermesh/runtime/database";
import { createEventEncoder } from "@ordermesh/runtime/events";
import type { Logger } from "@ordermesh/runtime/logging";
import { createGrpcTransport, defineRpcService } from "@ordermesh/runtime/rpc";
import { openServiceHost, type ServedService, type ServiceHost } from "@ordermesh/runtime/service-host";
import { PrismaPg } from "@prisma/adapter-pg";
import { startDeadlineSweeper } from "./commands/expire-orders.ts";
import type { PlaceOrderPorts } from "./commands/place-order.ts";
import type { OrderConfig } from "./config.ts";
import { onOutcomes } from "./consumers/on-outcomes.ts";
import { fetchPricesFrom } from "./prices/fetch-prices.ts";
import { createPriceCache, type PriceCache } from "./prices/price-cache.ts";
import { createOrderWatcher } from "./queries/watch-order.ts";
import { orderService } from "./rpc/order-service.ts";
import { type AcceptedOrder, type EarlierUse, placeOrders } from "./store/place-orders.ts";
import { PrismaClient } from "./store/prisma/client.ts";

export const migrations = join(import.meta.dirname, "../prisma/migrations");

const sweepIntervalMs = 500;
const watchPollMs = 200;
const priceLookupTimeoutMs = 2_000;

export async function startOrderService(config: OrderConfig, logger: Logger): Promise<ServedService> {
  const host = await openServiceHost({ config, migrations, logger });
  const { database, outbox } = host;
  const prisma = new PrismaClient({ adapter: new PrismaPg(database.pool) });
  const encoder = createEventEncoder("/ordermesh/order");
  const now = (): Date => new Date();
  const watcher = createOrderWatcher({ prisma, database, pollMs: watchPollMs, logger });
  const change = { database, outbox, encoder, now, changed: watcher.changed };
  const prices = await openPriceCache(config, host);
  const place: PlaceOrderPorts = {
    prices,
    batcher: createBatcher<AcceptedOrder, EarlierUse | undefined>({
      maxItems: 128,
      maxDelayMs: 2,
      concurrency: 2,
      run: (orders) => placeAndAnnounce(database, outbox, orders),
      // A transient fault may have committed; running again singly would report fresh orders as repeats.
      retrySingly: (error) => !isTransient(error),
    }),
    encoder,
    now,
    sagaDeadlineMs: config.ORDERMESH_SAGA_DEADLINE_MS,
  };

  await host.consume({
    group: "order",
    topics: [inventoryTopic, paymentsTopic],
    handlers: [onOutcomes({ encoder, now, changed: watcher.changed })],
  });
  host.beforeClose(startDeadlineSweeper(change, sweepIntervalMs, logger));
  const running = await host.serve([defineRpcService(OrderService, orderService({ place, change, prisma, watcher }))]);
  return {
    ...running,
    async stop() {
      // Streams would hold the server open until their clients leave.
      watcher.stop();
      await running.stop();
    },
  };
}

async function placeAndAnnounce(
  database: Database,
  outbox: ServiceHost["outbox"],
  orders: readonly AcceptedOrder[],
): Promise<(EarlierUse | undefined)[]> {
  const uses = await placeOrders(database, orders);
  outbox.committed();
  return uses;
}

async function openPriceCache(config: OrderConfig, host: ServiceHost): Promise<PriceCache> {
  const token = (await readFile(config.ORDERMESH_SERVICE_TOKEN_FILE, "utf8")).trim();
  const transport = createGrpcTransport({
    addresses: config.ORDERMESH_INVENTORY_ADDRESS,
    defaultTimeoutMs: priceLookupTimeoutMs,
  });
  host.beforeClose(async () => transport.close());
  return createPriceCache({
    fetchPrices: fetchPricesFrom(createClient(InventoryService, transport), token),
    freshMs: config.ORDERMESH_PRICE_FRESH_MS,
    maxAgeMs: config.ORDERMESH_PRICE_MAX_AGE_MS,
    now: () => performance.now(),
  });
}
