// The handlers of InventoryService: they translate between messages and use cases, and nothing else.
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import type { InventoryService } from "@ordermesh/proto/inventory";
import type { Database } from "@ordermesh/runtime/database";
import { DomainError, errors } from "@ordermesh/runtime/errors";
import { callerOf, idempotencyKeyOf } from "@ordermesh/runtime/rpc";
import { adjustStock } from "../commands/adjust-stock.ts";
import { putItem } from "../commands/put-item.ts";
import type { PriceChanged } from "../prices/announce-prices.ts";
import { batchGetItems } from "../queries/batch-get-items.ts";
import { getItem } from "../queries/get-item.ts";
import { itemMessage } from "../queries/item-message.ts";
import { listItems } from "../queries/list-items.ts";
import { listReservations } from "../queries/list-reservations.ts";
import type { PrismaClient } from "../store/prisma/client.ts";

export interface InventoryServicePorts {
  readonly database: Database;
  readonly prisma: PrismaClient;
  readonly now: () => Date;
  readonly priceChanged: PriceChanged;
}

export function inventoryService(ports: InventoryServicePorts): ServiceImpl<typeof InventoryService> {
  const { database, prisma, now, priceChanged } = ports;
  return {
    async putItem(request) {
      const item = await putItem(database, request, now());
      priceChanged(item.sku);
      return { item: itemMessage(item) };
    },
    async getItem(request) {
      return { item: itemMessage(await getItem(database, request.sku)) };
    },
    async listItems(request) {
      const { items, nextPageToken } = await listItems(prisma, request.pageSize, request.pageToken);
      return { items: items.map(itemMessage), nextPageToken };
    },
    async batchGetItems(request) {
      const { items, missingSkus } = await batchGetItems(database, request.skus);
      return { items: items.map(itemMessage), missingSkus: [...missingSkus] };
    },
    async adjustStock(request, context) {
      const key = keyOf(context);
      const { signal } = context;
      const { response, replayed } = await adjustStock(database, callerOf(context), key, request, now(), signal);
      if (replayed) context.responseHeader.set("idempotency-replayed", "true");
      return response;
    },
    async listReservations(request, context) {
      const entries = await listReservations(prisma, callerOf(context), request.orderId);
      return {
        reservations: entries.map((entry) => ({ ...entry, updateTime: timestampFromDate(entry.updateTime) })),
      };
    },
  };
}

function keyOf(context: HandlerContext): string {
  const key = idempotencyKeyOf(context);
  if (key === undefined) throw new DomainError(errors.IDEMPOTENCY_KEY_REQUIRED, "this call needs an Idempotency-Key");
  return key;
}
