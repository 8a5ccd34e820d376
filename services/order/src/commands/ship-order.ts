import type { Caller } from "@ordermesh/runtime/auth";
import type { OrderLookups } from "../lookup/open-lookups.ts";
import { shippedEntries } from "../lookup/order-name.ts";
import { type ChangeOrderPorts, changeOrder } from "./change-order.ts";
import type { Tracing } from "./tracing.ts";

export interface ShipOrderPorts extends ChangeOrderPorts {
  /** Takes the names that orders were given, after the commit. */
  readonly remember: OrderLookups["remember"];
}

/** Marks a CONFIRMED order as shipped; the same shipment again changes nothing. */
export async function shipOrder(
  { remember, ...ports }: ShipOrderPorts,
  caller: Caller,
  request: { readonly orderId: string; readonly carrier: string; readonly trackingNumber: string },
  tracing: Tracing,
): Promise<void> {
  const { orderId, carrier, trackingNumber } = request;
  const trigger = { kind: "shipped", shipment: { carrier, trackingNumber } } as const;
  await changeOrder(ports, caller, { orderId, trigger, ...tracing });
  remember(shippedEntries(orderId, trackingNumber));
}
