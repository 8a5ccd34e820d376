import { ReservationStatus as WireStatus } from "@ordermesh/proto/inventory";
import type { ReservationStatus } from "../domain/reservation.ts";

/** The number that a status has in the column `reservation.status` and on the wire. */
export const statusNumbers: Readonly<Record<ReservationStatus, WireStatus>> = {
  RESERVED: WireStatus.RESERVED,
  REJECTED: WireStatus.REJECTED,
  DEDUCTED: WireStatus.DEDUCTED,
  RELEASED: WireStatus.RELEASED,
  RESTOCKED: WireStatus.RESTOCKED,
};

const names = new Map(Object.entries(statusNumbers).map(([name, number]) => [number, name as ReservationStatus]));

export function statusOfNumber(number: number): ReservationStatus {
  const status = names.get(number);
  if (status === undefined) throw new Error(`reservation.status holds ${number}, which is no status`);
  return status;
}
