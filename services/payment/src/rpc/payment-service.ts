// The handlers of PaymentService: they translate between messages and use cases, and nothing else.
import type { ServiceImpl } from "@connectrpc/connect";
import type { PaymentService } from "@ordermesh/proto/payment";
import { DomainError, errors } from "@ordermesh/runtime/errors";
import { callerOf, idempotencyKeyOf } from "@ordermesh/runtime/rpc";
import { type RefundPorts, refundPayment } from "../commands/refund-payment.ts";
import { getPayment } from "../queries/get-payment.ts";
import { listPayments } from "../queries/list-payments.ts";
import { paymentMessage } from "../queries/payment-message.ts";
import type { PrismaClient } from "../store/prisma/client.ts";

export interface PaymentServicePorts {
  readonly prisma: PrismaClient;
  readonly refund: RefundPorts;
}

export function paymentService({ prisma, refund }: PaymentServicePorts): ServiceImpl<typeof PaymentService> {
  return {
    async getPayment(request, context) {
      return { payment: paymentMessage(await getPayment(prisma, callerOf(context), request.paymentId)) };
    },
    async listPayments(request, context) {
      const payments = await listPayments(prisma, callerOf(context), request.orderId);
      return { payments: payments.map(paymentMessage) };
    },
    async refundPayment(request, context) {
      const key = idempotencyKeyOf(context);
      if (key === undefined) {
        throw new DomainError(errors.IDEMPOTENCY_KEY_REQUIRED, "this call needs an Idempotency-Key");
      }
      const { response, replayed } = await refundPayment(refund, callerOf(context), key, request, context.signal);
      if (replayed) context.responseHeader.set("idempotency-replayed", "true");
      return response;
    },
  };
}
