import { type Caller, maySee } from "@ordermesh/runtime/auth";
import { z } from "zod";
import { orderNotFound } from "../errors.ts";
import type { PrismaClient } from "../store/prisma/client.ts";

export interface ReservationEntry {
  readonly orderId: string;
  readonly sku: string;
  readonly quantity: number;
  /** Number of ordermesh.inventory.v1.ReservationStatus. */
  readonly status: number;
  readonly updateTime: Date;
}

const storedLines = z.array(z.tuple([z.string(), z.number()]));

/**
 * What is held or was taken for an order, by sku; empty until inventory has seen the order.
 * Throws ORDER_NOT_FOUND when the order is another customer's, as far as its id or its reservation tells.
 */
export async function listReservations(
  prisma: PrismaClient,
  caller: Caller,
  orderId: string,
): Promise<ReservationEntry[]> {
  const row = await prisma.reservation.findUnique({ where: { orderId } });
  if (!maySee(caller, orderId, row?.customerId)) throw orderNotFound(orderId);
  if (row === null) return [];
  const { status, updateTime } = row;
  return storedLines
    .parse(row.lines)
    .map(([sku, quantity]) => ({ orderId: row.orderId, sku, quantity, status, updateTime }))
    .sort((a, b) => (a.sku < b.sku ? -1 : 1));
}
