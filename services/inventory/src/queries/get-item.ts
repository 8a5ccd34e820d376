import type { Database } from "@ordermesh/runtime/database";
import { itemNotFound } from "../errors.ts";
import { findItems, type StoredItem } from "../store/items.ts";

/** One item. Throws ITEM_NOT_FOUND. */
export async function getItem(database: Database, sku: string): Promise<StoredItem> {
  const [item] = await findItems(database, [sku]);
  if (item === undefined) throw itemNotFound(sku);
  return item;
}
