import { type Caller, maySee } from "@ordermesh/runtime/auth";
import { orderNotFound } from "../errors.ts";
import type { Payment, PrismaClient } from "../store/prisma/client.ts";

/**
 * The payments of an order; empty until payment has seen the order. Throws ORDER_NOT_FOUND when the order is another
 * customer's, as far as its id or its payment tells.
 */
export async function listPayments(prisma: PrismaClient, caller: Caller, orderId: string): Promise<Payment[]> {
  const payment = await prisma.payment.findUnique({ where: { orderId } });
  if (!maySee(caller, orderId, payment?.customerId)) throw orderNotFound(orderId);
  return payment === null ? [] : [payment];
}
