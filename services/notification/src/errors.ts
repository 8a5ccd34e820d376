// Stable codes of the notification service.
import { Code } from "@connectrpc/connect";
import { DomainError, defineError } from "@ordermesh/runtime/errors";

export const notificationErrors = {
  orderNotFound: defineError("ORDER_NOT_FOUND", Code.NotFound),
} as const;

export function orderNotFound(orderId: string): DomainError {
  return new DomainError(notificationErrors.orderNotFound, `there is no order ${orderId}`, {
    metadata: { order_id: orderId },
  });
}
