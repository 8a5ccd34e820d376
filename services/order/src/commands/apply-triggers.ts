// Applies triggers to locked orders: decides in memory, in order, then stores each order once and emits its events.

import { ordersTopic } from "@ordermesh/proto/topics";
import type { Transaction } from "@ordermesh/runtime/database";
import type { EventRecord } from "@ordermesh/runtime/event-log";
import type { EventEncoder } from "@ordermesh/runtime/events";
import { newEventId } from "@ordermesh/runtime/ids";
import { type Decision, decide, type Trigger } from "../domain/decide.ts";
import { storePaymentIds } from "../lookup/payment-ids.ts";
import { type ChangeRow, type LockedOrder, type OrderUpdate, storeChanges } from "../store/order-changes.ts";
import { announcementOf } from "./announcement.ts";

/** A trigger for one order, with the tracing of the call or event that brought it. */
export interface OrderTrigger {
  readonly orderId: string;
  readonly trigger: Trigger;
  /** The order's payment, where what happened tells it. */
  readonly paymentId?: string | undefined;
  readonly correlationId?: string | undefined;
  readonly traceparent?: string | undefined;
}

/** What came of the triggers: one decision per trigger, in the order given, and the events to put in the outbox. */
export interface Applied {
  readonly decisions: readonly Decision[];
  readonly records: readonly EventRecord[];
}

/** Decides and stores. Every order of `triggers` must be in `orders`, locked by `tx`. */
export async function applyTriggers(
  tx: Transaction,
  orders: ReadonlyMap<string, LockedOrder>,
  triggers: readonly OrderTrigger[],
  now: Date,
  encoder: EventEncoder,
): Promise<Applied> {
  const updates = new Map<string, OrderUpdate>();
  const changes: ChangeRow[] = [];
  const records: EventRecord[] = [];
  const decisions = triggers.map(({ orderId, trigger, correlationId, traceparent }) => {
    const order = orders.get(orderId);
    if (order === undefined) throw new Error(`order ${orderId} is not locked`);
    const earlier = updates.get(orderId);
    const decision = decide(earlier?.state ?? order.state, trigger);
    if (decision.kind === "noted") updates.set(orderId, { ...earlier, id: orderId, state: decision.state });
    if (decision.kind === "changed") {
      const { state, cancellation, cause } = decision;
      const eventId = newEventId(now.getTime());
      updates.set(orderId, { id: orderId, state, changeTime: now, ...(cancellation && { cancellation }) });
      changes.push({ orderId, status: state.status, time: now, cause, eventId });
      const { schema, message } = announcementOf(order, state, cancellation, now);
      const options = { topic: ordersTopic, key: orderId, time: now, id: eventId, correlationId, traceparent };
      records.push(encoder.encode(schema, message, options));
    }
    return decision;
  });
  const payments = new Map(
    triggers.flatMap(({ orderId, paymentId }) => (paymentId ? [[orderId, paymentId] as const] : [])),
  );
  const changed = [...updates.values()].map((update) => ({ ...update, paymentId: payments.get(update.id) }));
  await storeChanges(tx, changed, changes);
  const late = [...payments].filter(([orderId]) => !updates.has(orderId));
  await storePaymentIds(
    tx,
    late.map(([orderId, paymentId]) => ({ orderId, paymentId })),
  );
  return { decisions, records };
}
