import type { Client } from "@connectrpc/connect";
import type { InventoryService } from "@ordermesh/proto/inventory";
import type { Price } from "../domain/pricing.ts";
import type { FetchPrices } from "./price-cache.ts";

/** Prices by gRPC from inventory, as the order service itself (its own token, not the customer's). */
export function fetchPricesFrom(inventory: Client<typeof InventoryService>, serviceToken: string): FetchPrices {
  const headers = { authorization: `Bearer ${serviceToken}` };
  return async (skus) => {
    const { items } = await inventory.batchGetItems({ skus: [...skus] }, { headers });
    const prices = new Map<string, Price>();
    for (const { sku, unitPrice } of items) {
      if (unitPrice) prices.set(sku, { currencyCode: unitPrice.currencyCode, minorUnits: unitPrice.minorUnits });
    }
    return prices;
  };
}
