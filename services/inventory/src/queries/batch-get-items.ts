import type { Database } from "@ordermesh/runtime/database";
import { findItems, type StoredItem } from "../store/items.ts";

export interface ItemBatch {
  readonly items: readonly StoredItem[];
  readonly missingSkus: readonly string[];
}

/** The items found, in the order asked for and each once, and the skus of those that do not exist. */
export async function batchGetItems(database: Database, skus: readonly string[]): Promise<ItemBatch> {
  const wanted = [...new Set(skus)];
  const found = new Map((await findItems(database, wanted)).map((item) => [item.sku, item]));
  return {
    items: wanted.flatMap((sku) => found.get(sku) ?? []),
    missingSkus: wanted.filter((sku) => !found.has(sku)),
  };
}
