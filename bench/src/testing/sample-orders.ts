// Orders in every state of the lifecycle, written as the services would have left them.
import { randomUUID } from "node:crypto";
import type { EventLog, EventRecord } from "@ordermesh/runtime/event-log";
import { newBucketedId, newEventId } from "@ordermesh/runtime/ids";
import { topics } from "../audit/log-index.ts";
import type { OrderStatus, PaymentStatus, ReservationStatus } from "../audit/order-facts.ts";
import type { SmallPlatform } from "./small-platform.ts";
import { ada, shardOf } from "./two-shards.ts";

export interface SampleOrder {
  readonly id: string;
  readonly customerId: string;
  readonly statuses: readonly OrderStatus[];
  readonly eventIds: readonly string[];
  readonly reservation: ReservationStatus;
  readonly payment: PaymentStatus;
  readonly requestedRefund: number;
  readonly time: Date;
}

type Outline = Pick<SampleOrder, "statuses" | "reservation" | "payment"> & {
  customerId?: string;
  requestedRefund?: number;
  ageMs?: number;
};

export const total = 2500;
export const minuteMs = 60_000;

/** Order of one line: two pieces of mug at 1250 each. It changed last ten minutes ago unless said otherwise. */
export function sampleOrder(options: Outline): SampleOrder {
  const { ageMs = 10 * minuteMs, requestedRefund = 0, customerId = ada, ...outline } = options;
  const time = new Date(Date.now() - ageMs);
  return {
    id: newBucketedId(customerId, time.getTime()),
    customerId,
    eventIds: outline.statuses.map(() => newEventId(time.getTime())),
    requestedRefund,
    time,
    ...outline,
  };
}

const stockEvents: Readonly<Record<ReservationStatus, readonly string[]>> = {
  RESERVED: ["StockReserved"],
  REJECTED: ["StockRejected"],
  DEDUCTED: ["StockReserved", "StockDeducted"],
  RELEASED: ["StockReserved", "StockReleased"],
  RESTOCKED: ["StockReserved", "StockDeducted", "StockRestocked"],
};

const orderEvents: Readonly<Record<OrderStatus, string>> = {
  PENDING: "OrderPlaced",
  CONFIRMED: "OrderConfirmed",
  CANCELLED: "OrderCancelled",
  SHIPPED: "OrderShipped",
  DELIVERED: "OrderDelivered",
};

function paymentEvents({ payment, requestedRefund }: SampleOrder): string[] {
  const events: Readonly<Record<PaymentStatus, string[]>> = {
    PENDING: [],
    AUTHORIZED: ["PaymentAuthorized"],
    DECLINED: ["PaymentDeclined"],
    CAPTURED: ["PaymentAuthorized", "PaymentCaptured", ...(requestedRefund > 0 ? ["PaymentRefunded"] : [])],
    VOIDED: ["PaymentAuthorized", "PaymentVoided"],
    REFUNDED: ["PaymentAuthorized", "PaymentCaptured", "PaymentRefunded"],
  };
  return events[payment];
}

/** The records that the log holds of an order. */
export function recordsOf(order: SampleOrder): EventRecord[] {
  const record = (topic: string, ceType: string, ceId: string): EventRecord => ({
    topic,
    key: order.id,
    headers: { ce_type: `ordermesh.${ceType}`, ce_id: ceId },
    value: new Uint8Array(),
  });
  return [
    ...order.statuses.map((status, index) =>
      record(topics.orders, `order.v1.${orderEvents[status]}`, order.eventIds[index] ?? ""),
    ),
    ...stockEvents[order.reservation].map((type) => record(topics.inventory, `inventory.v1.${type}`, newEventId())),
    ...paymentEvents(order).map((type) => record(topics.payments, `payment.v1.${type}`, newEventId())),
  ];
}

type Run = SmallPlatform["run"];

export async function fillDatabases(run: Run, log: EventLog, orders: readonly SampleOrder[]): Promise<void> {
  for (const order of orders) {
    await fillOrder(run, order);
    await fillPayment(run, order);
    await fillNotifications(run, order);
  }
  await fillInventory(run, orders);
  await log.append(orders.flatMap(recordsOf));
}

async function fillOrder(run: Run, { id, customerId, statuses, eventIds, time }: SampleOrder): Promise<void> {
  const shard = shardOf(id);
  const status = statuses.at(-1);
  const outcome = statuses.includes("CONFIRMED") ? "GOOD" : "UNKNOWN";
  await run(
    shard,
    `INSERT INTO orders (id, customer_id, client_reference, status, stock_outcome, payment_outcome, currency_code,
                         total_minor, create_time, update_time, deadline, cancellation_reason)
     VALUES ($1, $8, 'cart', $2, $3, $3, 'EUR', $4, $5, $5, $6, $7)`,
    [
      id,
      status,
      outcome,
      total,
      time,
      new Date(time.getTime() + minuteMs),
      status === "CANCELLED" ? "REQUESTED" : null,
      customerId,
    ],
  );
  await run(shard, "INSERT INTO order_line VALUES ($1, 1, 'mug', 2, 1250)", [id]);
  await run(
    shard,
    `INSERT INTO idempotency_key (caller, key, method, request_hash, response)
     VALUES ($3, $1, 'ordermesh.order.v1.OrderService/PlaceOrder', '', uuid_send($2::uuid))`,
    [`key-${id}`, id, customerId],
  );
  await run(
    shard,
    `INSERT INTO order_change SELECT $1, status, $2, 'cause', event_id
     FROM unnest($3::order_status[], $4::uuid[]) AS t (status, event_id)`,
    [id, time, statuses, eventIds],
  );
}

async function fillPayment(run: Run, order: SampleOrder): Promise<void> {
  const { id, payment, requestedRefund, time } = order;
  const taken = payment === "CAPTURED" || payment === "REFUNDED";
  const captured = taken ? total : 0;
  const refunded = payment === "REFUNDED" ? total : requestedRefund;
  const paymentId = randomUUID();
  await run(
    "payment",
    `INSERT INTO payment (id, order_id, customer_id, currency, amount, token, status, captured, refunded,
                          create_time, update_time)
     VALUES ($1, $2, 'ada', 'EUR', $3, 'tok_approve', $4, $5, $6, $7, $7)`,
    [paymentId, id, total, payment, captured, refunded, time],
  );
  const entry = `INSERT INTO ledger (key, kind, authorization_key, reference, currency, amount, asked, outcome,
                                     captured, refunded, voided) VALUES ($1, $2, $3, $4, 'EUR', $5, 1, $6, $7, $8, $9)`;
  if (payment === "PENDING") return;
  const outcome = payment === "DECLINED" ? "DECLINED" : "APPROVED";
  const balance = [captured, refunded, payment === "VOIDED"];
  await run("provider", entry, [paymentId, "AUTHORIZE", paymentId, id, total, outcome, ...balance]);
  if (taken) await run("provider", entry, [randomUUID(), "CAPTURE", paymentId, id, total, "APPROVED", 0, 0, false]);
  if (refunded === 0) return;
  const refundId = randomUUID();
  await run("provider", entry, [refundId, "REFUND", paymentId, id, refunded, "APPROVED", 0, 0, false]);
  await run(
    "payment",
    `INSERT INTO payment_operation (id, payment_id, kind, amount, origin, status, next_attempt_time, create_time, update_time)
     VALUES ($1, $2, 'REFUND', $3, $4, 'SUCCEEDED', $5, $5, $5)`,
    [refundId, paymentId, refunded, requestedRefund > 0 ? "requested" : "saga", time],
  );
}

async function fillInventory(run: Run, orders: readonly SampleOrder[]): Promise<void> {
  const count = (status: ReservationStatus): number => orders.filter((order) => order.reservation === status).length;
  const reserved = 2 * count("RESERVED");
  const deducted = 2 * count("DEDUCTED");
  await run("inventory", "INSERT INTO item VALUES ('mug', 'Mug', 'EUR', 1250, now(), now())");
  await run("inventory", "INSERT INTO stock VALUES ('mug', $1, $2, $3)", [
    100 - reserved - deducted,
    reserved,
    deducted,
  ]);
  const adjustment =
    "INSERT INTO stock_adjustment (sku, delta, reason, caller, create_time) VALUES ('mug', $1, 'x', 'op', now())";
  await run("inventory", adjustment, [110]);
  await run("inventory", adjustment, [-10]);
  const numbers = ["RESERVED", "REJECTED", "DEDUCTED", "RELEASED", "RESTOCKED"];
  for (const { id, reservation, time } of orders) {
    const values = [id, numbers.indexOf(reservation) + 1, time];
    await run("inventory", `INSERT INTO reservation VALUES ($1, 'ada', $2, '[["mug", 2]]', $3)`, values);
  }
}

async function fillNotifications(run: Run, { id, statuses, eventIds, time }: SampleOrder): Promise<void> {
  const kinds = ["PENDING", "CONFIRMED", "CANCELLED", "SHIPPED", "DELIVERED"];
  for (const [index, status] of statuses.entries()) {
    const values = [id, kinds.indexOf(status) + 1, eventIds[index], time];
    await run("notification", "INSERT INTO notification VALUES ($1, $2, $3, 'ada', NULL, $4, $4)", values);
  }
}
