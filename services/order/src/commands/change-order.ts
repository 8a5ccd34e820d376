// The shared body of the commands that move one order: lock it, decide, store, announce.
import type { Caller } from "@ordermesh/runtime/auth";
import { DomainError } from "@ordermesh/runtime/errors";
import type { EventEncoder } from "@ordermesh/runtime/events";
import { bucketOfId } from "@ordermesh/runtime/ids";
import { orderErrors } from "../errors.ts";
import type { Shard, ShardSet } from "../shards/index.ts";
import { lockOrders } from "../store/order-changes.ts";
import { applyTriggers, type OrderTrigger } from "./apply-triggers.ts";

export interface ChangeOrderPorts {
  readonly shards: ShardSet;
  readonly encoder: EventEncoder;
  readonly now: () => Date;
  /** Called with the ids of orders that changed, after the commit. */
  readonly changed: (orderIds: readonly string[]) => void;
}

/**
 * Applies one trigger on behalf of `caller`. Throws ORDER_NOT_FOUND when the order does not exist or is another
 * customer's, ORDER_TRANSITION_NOT_ALLOWED when its status forbids the change.
 */
export async function changeOrder(ports: ChangeOrderPorts, caller: Caller, request: OrderTrigger): Promise<void> {
  const { orderId } = request;
  await ports.shards.write(bucketOfId(orderId), (shard) => shard.run(() => changeAt(shard, ports, caller, request)));
  ports.changed([orderId]);
}

async function changeAt(
  { database, outbox }: Shard,
  { encoder, now }: ChangeOrderPorts,
  caller: Caller,
  request: OrderTrigger,
): Promise<void> {
  const { orderId } = request;
  await database.transaction(async (tx) => {
    const orders = await lockOrders(tx, [orderId]);
    const order = orders.get(orderId);
    if (order === undefined || !(caller.operator || order.customerId === caller.subject)) throw orderNotFound(orderId);
    const { decisions, records } = await applyTriggers(tx, orders, [request], now(), encoder);
    const decision = decisions[0];
    if (decision?.kind === "refused") {
      const message = `order ${orderId} is ${decision.from}: ${decision.cause} is not allowed from there`;
      throw new DomainError(orderErrors.transitionNotAllowed, message, {
        metadata: { orderId, status: decision.from, cause: decision.cause },
      });
    }
    if (records.length > 0) await outbox.append(tx, records);
  });
  outbox.committed();
}

export function orderNotFound(orderId: string): DomainError {
  return new DomainError(orderErrors.orderNotFound, `no order ${orderId}`, { metadata: { orderId } });
}
