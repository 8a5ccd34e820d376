// Copies what was captured since the bulk was read.
import { capturedKeys, capturedOrders, forgetKeys, forgetOrders } from "./capture.ts";
import { FenceLostError } from "./fence.ts";
import { copyKeys, keyText } from "./idempotency-keys.ts";
import type { MoveContext } from "./move-context.ts";
import { copyOrders, ORDERS_PER_STATEMENT } from "./orders.ts";

/** So few changes are copied behind the fence, where writes wait. */
const LITTLE = 200;

/**
 * Copies captured changes once. Names are read first, rows after them, and the names are forgotten when their rows are
 * at the target: a row that changes in between has been captured again.
 * @returns how many were captured
 */
export async function copyCaptured(context: MoveContext): Promise<number> {
  const { source, target, tables, move, unverified } = context;
  const orders = await capturedOrders(source, ORDERS_PER_STATEMENT);
  if (orders.ids.length > 0) {
    for (const id of orders.ids) unverified.orders.add(id);
    move.progress.copiedRows += await copyOrders(source, target, tables, orders.ids);
    await forgetOrders(source, orders.seqs);
  }
  const keys = await capturedKeys(source, ORDERS_PER_STATEMENT);
  if (keys.keys.length > 0) {
    for (const key of keys.keys) unverified.keys.set(keyText(key), key);
    move.progress.copiedRows += await copyKeys(source, target, tables.keys, keys.keys);
    await forgetKeys(source, keys.seqs);
  }
  return orders.seqs.length + keys.seqs.length;
}

/** Copies captured changes until there is little left. */
export async function catchUp(context: MoveContext): Promise<void> {
  for (;;) {
    context.signal.throwIfAborted();
    const startedAt = performance.now();
    const captured = await copyCaptured(context);
    if (captured <= LITTLE) return;
    await context.pace.rest(performance.now() - startedAt, captured, context.signal);
  }
}

/** Copies captured changes until there are none. Throws FenceLostError when they do not end in time. */
export async function catchUpFully(context: MoveContext, giveUpAt: number): Promise<void> {
  while ((await copyCaptured(context)) > 0) {
    if (performance.now() > giveUpAt) throw new FenceLostError("there were too many changes left");
  }
}
