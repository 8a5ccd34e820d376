import type { Caller } from "@ordermesh/runtime/auth";
import { type ChangeOrderPorts, changeOrder } from "./change-order.ts";
import type { Tracing } from "./tracing.ts";

/** Marks a SHIPPED order as delivered; one that is DELIVERED stays as it is. */
export async function deliverOrder(
  ports: ChangeOrderPorts,
  caller: Caller,
  request: { readonly orderId: string },
  tracing: Tracing,
): Promise<void> {
  await changeOrder(ports, caller, { orderId: request.orderId, trigger: { kind: "delivered" }, ...tracing });
}
