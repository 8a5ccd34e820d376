import type { StoredItem } from "../store/items.ts";
import type { PrismaClient } from "../store/prisma/client.ts";
import { pageTokenAfter, skuOfPageToken } from "./page-token.ts";

const DEFAULT_PAGE_SIZE = 100;

export interface ItemPage {
  readonly items: readonly StoredItem[];
  readonly nextPageToken: string;
}

/** One page of items by sku. Throws PAGE_TOKEN_INVALID. */
export async function listItems(prisma: PrismaClient, pageSize: number, pageToken: string): Promise<ItemPage> {
  const size = pageSize === 0 ? DEFAULT_PAGE_SIZE : pageSize;
  const rows = await prisma.item.findMany({
    where: { sku: { gt: skuOfPageToken(pageToken) } },
    orderBy: { sku: "asc" },
    // One more than asked for tells whether there is a next page.
    take: size + 1,
    include: { stock: true },
  });
  const items = rows.slice(0, size).map(({ stock, ...item }) => ({
    ...item,
    available: stock?.available ?? 0n,
    reserved: stock?.reserved ?? 0n,
    deducted: stock?.deducted ?? 0n,
  }));
  const last = items.at(-1);
  return { items, nextPageToken: rows.length > size && last !== undefined ? pageTokenAfter(last.sku) : "" };
}
