// Orders that are not final yet, asked of the order database while a stack is tormented.
import { setTimeout as delay } from "node:timers/promises";
import { type Observer, openObserver } from "../measuring/observer.ts";

const pollMs = 100;

/** How many of the orders placed before that time are still open. */
export async function countOpenOrders(orders: Observer, placedBefore: Date): Promise<number> {
  const [row] = await orders.query<{ open: number }>(
    "SELECT count(*)::float8 AS open FROM orders WHERE status = 'PENDING' AND create_time <= $1",
    [placedBefore],
  );
  return row?.open ?? 0;
}

/** Waits until every order placed until now is final; false when some are not after `timeoutMs`. */
export async function waitUntilFinal(orderDatabaseUrl: string, timeoutMs: number): Promise<boolean> {
  const placedBefore = new Date();
  const giveUpAt = performance.now() + timeoutMs;
  const orders = await openObserver(orderDatabaseUrl);
  try {
    for (; (await countOpenOrders(orders, placedBefore)) > 0; await delay(pollMs)) {
      if (performance.now() > giveUpAt) return false;
    }
    return true;
  } finally {
    await orders.close();
  }
}
