import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { type Item, ItemSchema } from "@ordermesh/proto/inventory";
import type { StoredItem } from "../store/items.ts";

/** An item as callers see it. */
export function itemMessage(item: StoredItem): Item {
  return create(ItemSchema, {
    sku: item.sku,
    name: item.name,
    unitPrice: { currencyCode: item.priceCurrency, minorUnits: item.priceMinor },
    available: item.available,
    reserved: item.reserved,
    deducted: item.deducted,
    createTime: timestampFromDate(item.createTime),
    updateTime: timestampFromDate(item.updateTime),
  });
}
