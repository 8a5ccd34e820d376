import type { Caller } from "@ordermesh/runtime/auth";
import { bucketOfId } from "@ordermesh/runtime/ids";
import { orderNotFound } from "../commands/change-order.ts";
import type { ShardSet } from "../shards/index.ts";
import type { OrderWithLines } from "./order-message.ts";

/** One order with its lines. Throws ORDER_NOT_FOUND also when it is another customer's. */
export async function getOrder(shards: ShardSet, caller: Caller, orderId: string): Promise<OrderWithLines> {
  const row = await shards.read(bucketOfId(orderId), ({ prisma }) =>
    prisma.order.findUnique({ where: { id: orderId }, include: { lines: { orderBy: { lineNumber: "asc" } } } }),
  );
  if (row === null || !(caller.operator || row.customerId === caller.subject)) throw orderNotFound(orderId);
  return row;
}
