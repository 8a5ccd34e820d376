import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { OrderStatus, type TimelineEntry, TimelineEntrySchema } from "@ordermesh/proto/order";
import type { Caller } from "@ordermesh/runtime/auth";
import { bucketOfId } from "@ordermesh/runtime/ids";
import { orderNotFound } from "../commands/change-order.ts";
import type { ShardSet } from "../shards/index.ts";

/** Every state change of an order, oldest first. Throws ORDER_NOT_FOUND also when it is another customer's. */
export async function getOrderTimeline(shards: ShardSet, caller: Caller, orderId: string): Promise<TimelineEntry[]> {
  const order = await shards.read(bucketOfId(orderId), ({ prisma }) =>
    prisma.order.findUnique({
      where: { id: orderId },
      // Statuses are declared in the order of the lifecycle; two changes may share a millisecond.
      select: { customerId: true, changes: { orderBy: { status: "asc" } } },
    }),
  );
  if (order === null || !(caller.operator || order.customerId === caller.subject)) throw orderNotFound(orderId);
  return order.changes.map(({ status, time, cause, eventId }) =>
    create(TimelineEntrySchema, { status: OrderStatus[status], time: timestampFromDate(time), cause, eventId }),
  );
}
