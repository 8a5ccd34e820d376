// What the order service must remember of an order to decide its life.

export const orderStatuses = ["PENDING", "CONFIRMED", "CANCELLED", "SHIPPED", "DELIVERED"] as const;
export type OrderStatus = (typeof orderStatuses)[number];

/** What stock or payment reported; both must be GOOD for the order to be confirmed. */
export type SagaOutcome = "UNKNOWN" | "GOOD" | "BAD";

export type CancellationReason = "STOCK_REJECTED" | "PAYMENT_DECLINED" | "REQUESTED" | "DEADLINE_EXCEEDED";

export interface Shipment {
  readonly carrier: string;
  readonly trackingNumber: string;
}

export interface OrderState {
  readonly status: OrderStatus;
  readonly stock: SagaOutcome;
  readonly payment: SagaOutcome;
  readonly shipment?: Shipment;
}

export const newOrder: OrderState = { status: "PENDING", stock: "UNKNOWN", payment: "UNKNOWN" };

export const isFinal = (status: OrderStatus): boolean => status === "CANCELLED" || status === "DELIVERED";
