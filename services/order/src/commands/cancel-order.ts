import type { Caller } from "@ordermesh/runtime/auth";
import { type ChangeOrderPorts, changeOrder } from "./change-order.ts";
import type { Tracing } from "./tracing.ts";

/** Cancels an order that is PENDING or CONFIRMED; one that is CANCELLED stays as it is. */
export async function cancelOrder(
  ports: ChangeOrderPorts,
  caller: Caller,
  request: { readonly orderId: string; readonly reason: string },
  tracing: Tracing,
): Promise<void> {
  const detail = request.reason === "" ? "no reason given" : request.reason;
  const trigger = { kind: "cancel-requested", detail } as const;
  await changeOrder(ports, caller, { orderId: request.orderId, trigger, ...tracing });
}
