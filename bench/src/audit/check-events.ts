// Invariant 4: every state change has its event in the log, in order, and every consumer applied it once in effect.
import type { Report } from "./findings.ts";
import type { LoggedEvent } from "./log-index.ts";
import {
  type AuditContext,
  isConfirmedOrLater,
  isPaymentBusy,
  isSettled,
  type OrderFacts,
  type OrderHead,
  type OrderStatus,
  type PaymentStatus,
  type ReservationStatus,
} from "./order-facts.ts";

const eventOf: Readonly<Record<OrderStatus, string>> = {
  PENDING: "OrderPlaced",
  CONFIRMED: "OrderConfirmed",
  CANCELLED: "OrderCancelled",
  SHIPPED: "OrderShipped",
  DELIVERED: "OrderDelivered",
};

/** What inventory must have announced, once each, to have arrived at a status. */
const stockEvents: Readonly<Record<ReservationStatus, string>> = {
  RESERVED: "StockReserved",
  REJECTED: "StockRejected",
  DEDUCTED: "StockReserved StockDeducted",
  RELEASED: "StockReserved StockReleased",
  RESTOCKED: "StockReserved StockDeducted StockRestocked",
};

/** The same for payment; refunds may be several. */
const paymentEvents: Readonly<Record<PaymentStatus, RegExp>> = {
  PENDING: /^$/,
  AUTHORIZED: /^PaymentAuthorized$/,
  DECLINED: /^PaymentDeclined$/,
  CAPTURED: /^PaymentAuthorized PaymentCaptured( PaymentRefunded)*$/,
  VOIDED: /^(PaymentAuthorized )?PaymentVoided$/,
  REFUNDED: /^PaymentAuthorized PaymentCaptured( PaymentRefunded)+$/,
};

const path = (events: readonly LoggedEvent[]): string => events.map((event) => event.type).join(" ");

export function checkEvents(id: string, facts: OrderFacts, context: AuditContext, report: Report): void {
  const { head, events } = facts;
  if (head === undefined) {
    if (events !== undefined) report(4, "event-without-order", id, `the log holds ${path(events.orders) || "events"}`);
    return;
  }
  const topicsSeen = new Set(events?.partitions.map((place) => place.slice(0, place.indexOf("/"))));
  if (events !== undefined && events.partitions.length > topicsSeen.size) {
    report(4, "events-in-several-partitions", id, events.partitions.join(", "));
  }
  const complete = context.logCompleteSince === undefined || head.create_time > context.logCompleteSince;
  const settled = isSettled(head, context);
  if (complete) checkOrderEvents(id, facts, settled, report);
  if (!settled) return;
  if (complete) checkOutcomeEvents(id, facts, context, report);
  checkOutcomes(id, head, report);
  checkNotifications(id, facts, report);
}

function checkOrderEvents(id: string, { changes, events }: OrderFacts, settled: boolean, report: Report): void {
  const statuses = (changes?.statuses.split(" ") ?? []) as OrderStatus[];
  const eventIds = changes?.event_ids.split(" ") ?? [];
  const expected = statuses.map((status, index) => ({ type: eventOf[status], eventId: eventIds[index] ?? "" }));
  const logged = events?.orders ?? [];
  const inOrder = logged.every(
    ({ type, eventId }, index) => type === expected[index]?.type && eventId === expected[index]?.eventId,
  );
  if (!inOrder) {
    report(4, "events-differ", id, `changes announce ${path(expected)}, the log holds ${path(logged)}`);
  } else if (settled && logged.length < expected.length) {
    report(4, "event-missing", id, `${path(expected.slice(logged.length))} is not in the log`);
  }
}

function checkOutcomeEvents(id: string, facts: OrderFacts, context: AuditContext, report: Report): void {
  const { reservation, payment, events } = facts;
  const stock = path(events?.inventory ?? []);
  const unseen = reservation?.status === "RELEASED" && reservation.lines === "";
  if (reservation !== undefined && stock !== (unseen ? "" : stockEvents[reservation.status])) {
    report(
      4,
      "stock-events-differ",
      id,
      `the reservation is ${reservation.status}, the log holds ${stock || "nothing"}`,
    );
  }
  const money = path(events?.payments ?? []);
  if (payment === undefined) report(4, "payment-missing", id, "payment knows nothing of the order");
  else if (!isPaymentBusy(payment, context) && !paymentEvents[payment.status].test(money)) {
    report(4, "payment-events-differ", id, `the payment is ${payment.status}, the log holds ${money || "nothing"}`);
  }
}

/** A confirmed order must have heard of both outcomes. */
function checkOutcomes(id: string, head: OrderHead, report: Report): void {
  if (isConfirmedOrLater(head.status) && !(head.stock_outcome === "GOOD" && head.payment_outcome === "GOOD")) {
    const outcomes = `stock ${head.stock_outcome}, payment ${head.payment_outcome}`;
    report(4, "confirmed-without-outcomes", id, `${head.status} with ${outcomes}`);
  }
}

/** Notification records one message per state change, under the id of its event. */
function checkNotifications(id: string, { changes, notifications }: OrderFacts, report: Report): void {
  const due = changes?.event_ids ?? "";
  const recorded = notifications?.event_ids ?? "";
  if (due !== recorded) report(4, "notifications-differ", id, `due for ${due}, recorded for ${recorded || "nothing"}`);
}
