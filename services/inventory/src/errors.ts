// Stable codes of the inventory service.
import { Code } from "@connectrpc/connect";
import { DomainError, defineError } from "@ordermesh/runtime/errors";

export const inventoryErrors = {
  itemNotFound: defineError("ITEM_NOT_FOUND", Code.NotFound),
  orderNotFound: defineError("ORDER_NOT_FOUND", Code.NotFound),
  insufficientStock: defineError("INSUFFICIENT_STOCK", Code.FailedPrecondition),
  stockLimitExceeded: defineError("STOCK_LIMIT_EXCEEDED", Code.FailedPrecondition),
} as const;

export function itemNotFound(sku: string): DomainError {
  return new DomainError(inventoryErrors.itemNotFound, `there is no item ${sku}`, { metadata: { sku } });
}

export function orderNotFound(orderId: string): DomainError {
  return new DomainError(inventoryErrors.orderNotFound, `there is no order ${orderId}`, {
    metadata: { order_id: orderId },
  });
}
