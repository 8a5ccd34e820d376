import { NotificationKind } from "@ordermesh/proto/notification";
import type { Kind } from "../domain/notification.ts";

/** The number that a kind has in the column `notification.kind` and on the wire. */
export const kindNumbers: Readonly<Record<Kind, NotificationKind>> = {
  ORDER_PLACED: NotificationKind.ORDER_PLACED,
  ORDER_CONFIRMED: NotificationKind.ORDER_CONFIRMED,
  ORDER_CANCELLED: NotificationKind.ORDER_CANCELLED,
  ORDER_SHIPPED: NotificationKind.ORDER_SHIPPED,
  ORDER_DELIVERED: NotificationKind.ORDER_DELIVERED,
};

const kinds = new Map(Object.entries(kindNumbers).map(([kind, number]) => [number, kind as Kind]));

export function kindOfNumber(number: number): Kind {
  const kind = kinds.get(number);
  if (kind === undefined) throw new Error(`notification.kind holds ${number}, which is no kind`);
  return kind;
}
