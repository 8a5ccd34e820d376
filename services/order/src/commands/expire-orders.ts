// Cancels PENDING orders whose saga deadline has passed. Every replica sweeps; locked rows are passed over.
import type { Logger } from "@ordermesh/runtime/logging";
import { isShardUnavailable, type Shard } from "../shards/index.ts";
import { lockOverdueOrders } from "../store/order-changes.ts";
import { applyTriggers } from "./apply-triggers.ts";
import type { ChangeOrderPorts } from "./change-order.ts";

const batchSize = 200;

/** Cancels up to one batch of the shard's overdue orders and returns how many there were. */
export async function expireOrders({ database, outbox }: Shard, ports: ChangeOrderPorts): Promise<number> {
  const { encoder, now, changed } = ports;
  const expired = await database.transaction(async (tx) => {
    const time = now();
    const orders = await lockOverdueOrders(tx, time, batchSize);
    if (orders.length === 0) return [];
    const byId = new Map(orders.map((order) => [order.id, order]));
    const triggers = orders.map(({ id }) => ({ orderId: id, trigger: { kind: "deadline-passed" } as const }));
    const { records } = await applyTriggers(tx, byId, triggers, time, encoder);
    await outbox.append(tx, records);
    return orders.map(({ id }) => id);
  });
  if (expired.length > 0) {
    outbox.committed();
    changed(expired);
  }
  return expired.length;
}

/** Sweeps a shard every `intervalMs`, at once again while batches are full. Returns a function that stops it. */
export function startDeadlineSweeper(
  shard: Shard,
  ports: ChangeOrderPorts,
  intervalMs: number,
  logger: Logger,
): () => Promise<void> {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();

  const sweep = async (): Promise<void> => {
    try {
      let count = batchSize;
      while (count === batchSize && !stopped) count = await shard.run(() => expireOrders(shard, ports));
    } catch (error) {
      // The next sweep tries again; orders in the database are not lost by a failed one.
      const level = isShardUnavailable(error) ? "debug" : "warn"; // the guard says when a shard is away
      logger[level]({ shard: shard.name, err: error }, "deadline sweep failed");
    }
    if (!stopped) schedule();
  };
  const schedule = (): void => {
    timer = setTimeout(() => {
      running = sweep();
    }, intervalMs);
  };

  schedule();
  return async () => {
    stopped = true;
    clearTimeout(timer);
    await running;
  };
}
