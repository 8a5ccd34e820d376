import type { Caller } from "@ordermesh/runtime/auth";
import { isUuid } from "@ordermesh/runtime/ids";
import { paymentNotFound } from "../errors.ts";
import type { Payment, PrismaClient } from "../store/prisma/client.ts";

/** One payment. Throws PAYMENT_NOT_FOUND when there is none that the caller may see. */
export async function getPayment(prisma: PrismaClient, caller: Caller, paymentId: string): Promise<Payment> {
  const payment = isUuid(paymentId) ? await prisma.payment.findUnique({ where: { id: paymentId } }) : null;
  if (payment === null || !(caller.operator || payment.customerId === caller.subject)) throw paymentNotFound(paymentId);
  return payment;
}
