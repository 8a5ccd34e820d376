// Stable codes of the payment service.
import { Code } from "@connectrpc/connect";
import { DomainError, defineError } from "@ordermesh/runtime/errors";

export const paymentErrors = {
  orderNotFound: defineError("ORDER_NOT_FOUND", Code.NotFound),
  paymentNotFound: defineError("PAYMENT_NOT_FOUND", Code.NotFound),
  paymentNotCaptured: defineError("PAYMENT_NOT_CAPTURED", Code.FailedPrecondition),
  refundExceedsCaptured: defineError("REFUND_EXCEEDS_CAPTURED", Code.FailedPrecondition),
  currencyMismatch: defineError("CURRENCY_MISMATCH", Code.InvalidArgument),
} as const;

export function orderNotFound(orderId: string): DomainError {
  return new DomainError(paymentErrors.orderNotFound, `there is no order ${orderId}`, {
    metadata: { order_id: orderId },
  });
}

export function paymentNotFound(paymentId: string): DomainError {
  return new DomainError(paymentErrors.paymentNotFound, `there is no payment ${paymentId}`, {
    metadata: { payment_id: paymentId },
  });
}
