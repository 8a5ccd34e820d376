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
import { getOrder } from "../queries/get-order.ts";
import { getOrderTimeline } from "../queries/get-order-timeline.ts";
import { listOrders } from "../queries/list-orders.ts";
import { acceptedMessage, orderMessage, placedMessage } from "../queries/order-message.ts";
import type { OrderWatcher } from "../queries/watch-order.ts";
import type { PrismaClient } from "../store/prisma/client.ts";

export interface OrderServicePorts {
  readonly place: PlaceOrderPorts;
  readonly change: ChangeOrderPorts;
  readonly prisma: PrismaClient;
  readonly watcher: OrderWatcher;
}

export function orderService({ place, change, prisma, watcher }: OrderServicePorts): ServiceImpl<typeof OrderService> {
  const current = async (context: HandlerContext, orderId: string) => ({
    order: orderMessage(await getOrder(prisma, callerOf(context), orderId)),
  });

  return {
    async placeOrder(request, context) {
      const caller = callerOf(context);
      const placed = await placeOrder(place, caller, keyOf(context), request, tracingOf(context));
      if (!placed.replayed) return create(PlaceOrderResponseSchema, { order: acceptedMessage(placed.order) });
      context.responseHeader.set("idempotency-replayed", "true");
      return { order: placedMessage(await getOrder(prisma, caller, placed.orderId)) };
    },
    getOrder: (request, context) => current(context, request.orderId),
    async listOrders(request, context) {
      const { orders, nextPageToken } = await listOrders(prisma, callerOf(context), request);
      return { orders: orders.map(orderMessage), nextPageToken };
    },
    async cancelOrder(request, context) {
      await cancelOrder(change, callerOf(context), request, tracingOf(context));
      return current(context, request.orderId);
    },
    async shipOrder(request, context) {
      await shipOrder(change, callerOf(context), request, tracingOf(context));
      return current(context, request.orderId);
    },
    async deliverOrder(request, context) {
      await deliverOrder(change, callerOf(context), request, tracingOf(context));
      return current(context, request.orderId);
    },
    async getOrderTimeline(request, context) {
      return { entries: await getOrderTimeline(prisma, callerOf(context), request.orderId) };
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
