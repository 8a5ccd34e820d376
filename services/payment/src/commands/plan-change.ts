// Turns a decision into what is to be stored.

import { paymentsTopic } from "@ordermesh/proto/topics";
import type { EventEncoder } from "@ordermesh/runtime/events";
import { newEventId } from "@ordermesh/runtime/ids";
import type { Decision } from "../domain/decide.ts";
import type { ClaimedOperation, Lease, Payment } from "../store/payment.ts";
import type { ClosedOperation, PaymentChange } from "../store/store-changes.ts";
import { announce } from "./announce.ts";

export interface PlanPorts {
  readonly encoder: EventEncoder;
  readonly now: () => Date;
  /** A lease that begins now, for operations that this process goes on to work on. */
  readonly lease: () => Lease;
}

type Changed = Extract<Decision, { kind: "changed" }>;

const superseded = (id: string): ClosedOperation => ({
  id,
  kind: "AUTHORIZE",
  status: "SUPERSEDED",
  attempts: 0,
  note: "order cancelled",
});

/** `closed` is the operation whose outcome led to the decision, `refunded` what it gave back. */
export function planChange(
  ports: PlanPorts,
  payment: Payment,
  decision: Changed,
  now: Date,
  closed?: ClosedOperation,
  refunded = 0n,
): PaymentChange {
  const { state, operations, news, supersedesAuthorization } = decision;
  const ends: ClosedOperation[] = closed === undefined ? [] : [closed];
  // The authorisation has the id of its payment.
  if (supersedesAuthorization) ends.push(superseded(payment.id));
  return {
    payment,
    state,
    opened: operations.map((operation) => ({ ...operation, id: newEventId(), attempts: 0 })),
    closed: ends,
    records: news === undefined ? [] : [encodeNews(ports, news, { ...payment, state }, refunded, now)],
  };
}

/** The payment after the change. */
export function changedPayment({ payment, state }: PaymentChange): Payment {
  return { ...payment, state, revision: payment.revision + 1 };
}

/** The operations that a stored change leaves to this process. */
export function openedOperations(change: PaymentChange, lease: Lease): ClaimedOperation[] {
  if (change.opened.length === 0) return [];
  const payment = changedPayment(change);
  return change.opened.map((operation) => ({ payment, operation, leaseEndMs: lease.endMs }));
}

function encodeNews(
  { encoder }: PlanPorts,
  news: NonNullable<Changed["news"]>,
  payment: Payment,
  refunded: bigint,
  time: Date,
): PaymentChange["records"][number] {
  const { orderId: key, correlationId, traceparent } = payment;
  return announce(news, payment, payment.state, refunded, time, (schema, message) =>
    encoder.encode(schema, message, { topic: paymentsTopic, key, time, correlationId, traceparent }),
  );
}
