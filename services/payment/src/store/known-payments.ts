// Payments that this process has just authorised and expects to capture. Knowing their revision saves reading and
// locking them; if something came in between, storing the change finds out and the payment is read after all.
import type { Payment } from "./payment.ts";

export interface KnownPayments {
  get(orderId: string): Payment | undefined;
  remember(payment: Payment): void;
  forget(orderIds: Iterable<string>): void;
}

export function createKnownPayments(limit = 20_000): KnownPayments {
  const payments = new Map<string, Payment>();
  return {
    get: (orderId) => payments.get(orderId),
    remember(payment) {
      payments.set(payment.orderId, payment);
      if (payments.size <= limit) return;
      // The oldest are those whose orders ended without a capture.
      for (const oldest of payments.keys()) {
        payments.delete(oldest);
        break;
      }
    },
    forget(orderIds) {
      for (const orderId of orderIds) payments.delete(orderId);
    },
  };
}
