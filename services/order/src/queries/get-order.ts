import type { Caller } from "@ordermesh/runtime/auth";
import { orderNotFound } from "../commands/change-order.ts";
import type { PrismaClient } from "../store/prisma/client.ts";
import type { OrderWithLines } from "./order-message.ts";

/** One order with its lines. Throws ORDER_NOT_FOUND also when it is another customer's. */
export async function getOrder(prisma: PrismaClient, caller: Caller, orderId: string): Promise<OrderWithLines> {
  const row = await prisma.order.findUnique({
    where: { id: orderId },
    include: { lines: { orderBy: { lineNumber: "asc" } } },
  });
  if (row === null || !(caller.operator || row.customerId === caller.subject)) throw orderNotFound(orderId);
  return row;
}
