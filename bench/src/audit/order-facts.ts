// What the databases know of one order, one row per source.
import type { LoggedOrder } from "./log-index.ts";
import type { OrderRow } from "./snapshot.ts";

export type OrderStatus = "PENDING" | "CONFIRMED" | "CANCELLED" | "SHIPPED" | "DELIVERED";

export interface OrderHead extends OrderRow {
  readonly status: OrderStatus;
  readonly stock_outcome: string;
  readonly payment_outcome: string;
  readonly total: number;
  readonly create_time: Date;
  readonly update_time: Date;
  readonly deadline: Date;
}

export interface OrderLines extends OrderRow {
  /** `sku*quantity` by sku, joined by commas. */
  readonly lines: string;
  readonly total: number;
}

/** State changes in the order of the lifecycle. */
export interface OrderChanges extends OrderRow {
  /** Joined by spaces, as are the ids of the events that announced them. */
  readonly statuses: string;
  readonly event_ids: string;
  readonly last_time: Date;
}

export interface OrderKeys extends OrderRow {
  readonly keys: number;
}

export type ReservationStatus = "RESERVED" | "REJECTED" | "DEDUCTED" | "RELEASED" | "RESTOCKED";

export interface ReservationRow extends OrderRow {
  readonly status: ReservationStatus;
  readonly lines: string;
}

export type PaymentStatus = "PENDING" | "AUTHORIZED" | "DECLINED" | "CAPTURED" | "VOIDED" | "REFUNDED";

/** Payment's own view. Amounts are minor units. */
export interface PaymentRow extends OrderRow {
  readonly payments: number;
  readonly status: PaymentStatus;
  readonly amount: number;
  readonly captured: number;
  readonly refunded: number;
  /** Refunds that an operator asked for, done or under way; those that follow a cancellation are not among them. */
  readonly requested_refunds: number;
  /** When it last changed, or when the youngest work with the provider that is not done was recorded. */
  readonly change_time: Date;
}

/** The provider's ledger: what really happened to the customer's money. */
export interface LedgerRow extends OrderRow {
  readonly captures: number;
  readonly captured: number;
  readonly refunded: number;
  /** The same two sums as the authorisations' balances say. */
  readonly balance_captured: number;
  readonly balance_refunded: number;
  /** Amounts held and neither captured nor given up. */
  readonly open_holds: number;
}

export interface NotificationRow extends OrderRow {
  /** Ids of the events that led to a message, in the order of the lifecycle, joined by spaces. */
  readonly event_ids: string;
}

export interface OrderFacts {
  readonly head?: OrderHead | undefined;
  readonly lines?: OrderLines | undefined;
  readonly changes?: OrderChanges | undefined;
  readonly keys?: OrderKeys | undefined;
  readonly reservation?: ReservationRow | undefined;
  readonly payment?: PaymentRow | undefined;
  readonly ledger?: LedgerRow | undefined;
  readonly notifications?: NotificationRow | undefined;
  /** Undefined when the log holds nothing of the order. */
  readonly events?: LoggedOrder | undefined;
}

/** What a check needs to know besides the order. */
export interface AuditContext {
  /** When the databases were read. */
  readonly now: Date;
  /** Orders that last changed before this must be settled everywhere; younger ones may be in flight. */
  readonly settledBefore: Date;
  /** How long past its deadline an order may stay PENDING until the sweeper has passed. */
  readonly deadlineSlackMs: number;
  /** Orders older than this may have lost events to the log's retention. */
  readonly logCompleteSince: Date | undefined;
}

/** Whether every effect of the order's last change must be visible by now. */
export function isSettled(head: OrderHead, context: AuditContext): boolean {
  return head.update_time < context.settledBefore && head.status !== "PENDING";
}

/** Whether payment or the provider may be ahead of the other, because something has only just changed. */
export function isPaymentBusy(payment: PaymentRow | undefined, context: AuditContext): boolean {
  return payment !== undefined && payment.change_time >= context.settledBefore;
}

export const isConfirmedOrLater = (status: OrderStatus): boolean =>
  status === "CONFIRMED" || status === "SHIPPED" || status === "DELIVERED";
