// The lifecycle as data: decide() looks transitions up here, and a spec walks the table.
import type { OrderStatus } from "./order.ts";

/** What can move an order. `stock-and-payment-good` is reached by two outcomes, in either order. */
export type Cause =
  | "stock-and-payment-good"
  | "stock-rejected"
  | "payment-declined"
  | "cancel-requested"
  | "deadline-passed"
  | "shipped"
  | "delivered";

export interface Transition {
  readonly from: OrderStatus;
  readonly cause: Cause;
  readonly to: OrderStatus;
}

export const transitions: readonly Transition[] = [
  { from: "PENDING", cause: "stock-and-payment-good", to: "CONFIRMED" },
  { from: "PENDING", cause: "stock-rejected", to: "CANCELLED" },
  { from: "PENDING", cause: "payment-declined", to: "CANCELLED" },
  { from: "PENDING", cause: "cancel-requested", to: "CANCELLED" },
  { from: "PENDING", cause: "deadline-passed", to: "CANCELLED" },
  { from: "CONFIRMED", cause: "cancel-requested", to: "CANCELLED" },
  { from: "CONFIRMED", cause: "shipped", to: "SHIPPED" },
  { from: "SHIPPED", cause: "delivered", to: "DELIVERED" },
];

const targets = new Map(transitions.map(({ from, cause, to }) => [`${from} ${cause}`, to]));

/** The status that `cause` leads to from `from`, or undefined when the table has no such row. */
export function targetOf(from: OrderStatus, cause: Cause): OrderStatus | undefined {
  return targets.get(`${from} ${cause}`);
}
