// Orders that are not final yet, asked of all shards while a stack is tormented.
import { setTimeout as delay } from "node:timers/promises";
import { type OrderShards, openOrderShards, type ShardUrls, shownHere } from "../measuring/order-shards.ts";

const pollMs = 100;

const openOrders = `
  SELECT count(*)::float8 AS open FROM orders
  WHERE status = 'PENDING' AND create_time <= $1 AND ${shownHere("id")}`;

/** How many of the orders placed before that time are still open. */
export async function countOpenOrders(shards: OrderShards, placedBefore: Date): Promise<number> {
  const rows = await shards.query<{ open: number }>(openOrders, [placedBefore]);
  return rows.reduce((sum, { open }) => sum + open, 0);
}

/** Waits until every order placed until now is final; false when some are not after `timeoutMs`. */
export async function waitUntilFinal(urls: ShardUrls, timeoutMs: number): Promise<boolean> {
  const placedBefore = new Date();
  const giveUpAt = performance.now() + timeoutMs;
  const shards = await openOrderShards(urls);
  try {
    for (; (await countOpenOrders(shards, placedBefore)) > 0; await delay(pollMs)) {
      if (performance.now() > giveUpAt) return false;
    }
    return true;
  } finally {
    await shards.close();
  }
}
