// The handlers of OrderService: they translate between messages and use cases, and nothing else.
import { create } from "@bufbuild/protobuf";
import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import { type OrderService, PlaceOrderResponseSchema } from "@ordermesh/proto/order";
import { DomainError, errors } from "@ordermesh/runtime/errors";
import { callerOf, correlationIdOf, idempotencyKeyOf, traceparentOf } from "@ordermesh/runtime/rpc";
import { cancelOrder } from "../commands/cancel-order.ts";
import type { ChangeOrderPorts } from "../commands/change-order.ts";
import { deliverOrder } from "../commands/deliver-order.ts";
import { type PlaceOrderPorts, placeOrder } from "../commands/place-order.ts";
import { shipOrder } from "../commands/ship-order.ts";
import type { Tracing } from "../commands/tracing.ts";
import type { OrderLookups } from "../lookup/open-lookups.ts";
import { getOrder } from "../queries/get-order.ts";
import { getOrderTimeline } from "../queries/get-order-timeline.ts";
import { listOrders } from "../queries/list-orders.ts";
import { acceptedMessage, orderMessage, placedMessage } from "../queries/order-message.ts";
import type { OrderWatcher } from "../queries/watch-order.ts";
import type { ShardSet } from "../shards/index.ts";

export interface OrderServicePorts {
  readonly place: PlaceOrderPorts;
  readonly change: ChangeOrderPorts;
  readonly shards: ShardSet;
  readonly lookups: OrderLookups;
  readonly watcher: OrderWatcher;
}

export function orderService({
  place,
  change,
  shards,
  lookups,
  watcher,
}: OrderServicePorts): ServiceImpl<typeof OrderService> {
  const current = async (context: HandlerContext, orderId: string) => ({
    order: orderMessage(await getOrder(shards, callerOf(context), orderId)),
  });

  return {
    async placeOrder(request, context) {
      const caller = callerOf(context);
      const placed = await placeOrder(place, caller, keyOf(context), request, tracingOf(context));
      if (!placed.replayed) return create(PlaceOrderResponseSchema, { order: acceptedMessage(placed.order) });
      context.responseHeader.set("idempotency-replayed", "true");
      return { order: placedMessage(await getOrder(shards, caller, placed.orderId)) };
    },
    getOrder: (request, context) => current(context, request.orderId),
    async lookupOrder(request, context) {
      return { order: orderMessage(await lookups.find(callerOf(context), request)) };
    },
    async listOrders(request, context) {
      const { orders, nextPageToken } = await listOrders(shards, callerOf(context), request);
      return { orders: orders.map(orderMessage), nextPageToken };
    },
    async cancelOrder(request, context) {
      await cancelOrder(change, callerOf(context), request, tracingOf(context));
      return current(context, request.orderId);
    },
    async shipOrder(request, context) {
      await shipOrder({ ...change, remember: lookups.remember }, callerOf(context), request, tracingOf(context));
      return current(context, request.orderId);
    },
    async deliverOrder(request, context) {
      await deliverOrder(change, callerOf(context), request, tracingOf(context));
      return current(context, request.orderId);
    },
    async getOrderTimeline(request, context) {
      return { entries: await getOrderTimeline(shards, callerOf(context), request.orderId) };
    },
    async *watchOrder(request, context) {
      for await (const order of watcher.watch(callerOf(context), request.orderId, context.signal)) {
        yield { order: orderMessage(order) };
      }
    },
  };
}

function keyOf(context: HandlerContext): string {
  const key = idempotencyKeyOf(context);
  if (key === undefined) throw new DomainError(errors.IDEMPOTENCY_KEY_REQUIRED, "this call needs an Idempotency-Key");
  return key;
}

function tracingOf(context: HandlerContext): Tracing {
  return { correlationId: correlationIdOf(context), traceparent: traceparentOf(context) };
}
