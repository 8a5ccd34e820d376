import type { Caller } from "@ordermesh/runtime/auth";
import { type ChangeOrderPorts, changeOrder } from "./change-order.ts";
import type { Tracing } from "./tracing.ts";

/** Marks a CONFIRMED order as shipped; the same shipment again changes nothing. */
export async function shipOrder(
  ports: ChangeOrderPorts,
  caller: Caller,
  request: { readonly orderId: string; readonly carrier: string; readonly trackingNumber: string },
  tracing: Tracing,
): Promise<void> {
  const { orderId, carrier, trackingNumber } = request;
  const trigger = { kind: "shipped", shipment: { carrier, trackingNumber } } as const;
  await changeOrder(ports, caller, { orderId, trigger, ...tracing });
}
