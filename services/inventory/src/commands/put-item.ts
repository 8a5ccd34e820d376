import type { PutItemRequest } from "@ordermesh/proto/inventory";
import type { Database } from "@ordermesh/runtime/database";
import { type StoredItem, putItem as storeItem } from "../store/items.ts";

/** Creates the item or replaces its name and price; stock is untouched. */
export function putItem(database: Database, request: PutItemRequest, time: Date): Promise<StoredItem> {
  const { sku, name, unitPrice } = request;
  // The request was validated before: a price is there.
  const { currencyCode = "", minorUnits = 0n } = unitPrice ?? {};
  return storeItem(database, { sku, name, priceCurrency: currencyCode, priceMinor: minorUnits }, time);
}
