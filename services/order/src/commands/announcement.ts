// The event that announces each state change.
import { create, type DescMessage, type Message } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  CancellationReason,
  OrderCancelledSchema,
  OrderConfirmedSchema,
  OrderDeliveredSchema,
  OrderShippedSchema,
} from "@ordermesh/proto/order";
import type { Cancellation } from "../domain/decide.ts";
import type { OrderState } from "../domain/order.ts";

export interface Announcement {
  readonly schema: DescMessage;
  readonly message: Message;
}

/** The message for an order that entered `state.status` at `time`. PENDING is announced by OrderPlaced, elsewhere. */
export function announcementOf(
  order: { readonly id: string; readonly customerId: string },
  state: OrderState,
  cancellation: Cancellation | undefined,
  time: Date,
): Announcement {
  const common = { orderId: order.id, customerId: order.customerId };
  const at = timestampFromDate(time);
  switch (state.status) {
    case "CONFIRMED":
      return announce(OrderConfirmedSchema, create(OrderConfirmedSchema, { ...common, confirmTime: at }));
    case "CANCELLED": {
      const reason = CancellationReason[cancellation?.reason ?? "UNSPECIFIED"];
      return announce(OrderCancelledSchema, create(OrderCancelledSchema, { ...common, reason, cancelTime: at }));
    }
    case "SHIPPED": {
      const shipped = { ...common, shipTime: at, ...(state.shipment && { shipment: state.shipment }) };
      return announce(OrderShippedSchema, create(OrderShippedSchema, shipped));
    }
    case "DELIVERED":
      return announce(OrderDeliveredSchema, create(OrderDeliveredSchema, { ...common, deliverTime: at }));
    case "PENDING":
      throw new Error(`order ${order.id}: nothing moves an order back to PENDING`);
    default:
      return state.status satisfies never;
  }
}

const announce = (schema: DescMessage, message: Message): Announcement => ({ schema, message });
