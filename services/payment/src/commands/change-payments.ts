// Applies what happened to orders to their payments, a whole batch in one transaction.
import type { Transaction } from "@ordermesh/runtime/database";
import { type Decision, decide } from "../domain/decide.ts";
import type { Trigger } from "../domain/trigger.ts";
import type { KnownPayments } from "../store/known-payments.ts";
import { type ClaimedOperation, lockPaymentsOfOrders, type Payment } from "../store/payment.ts";
import { type PaymentChange, storeChanges } from "../store/store-changes.ts";
import { runnerOf } from "../store/transaction-runner.ts";
import { openedOperations, type PlanPorts, planChange } from "./plan-change.ts";

export interface ChangePorts extends PlanPorts {
  readonly known: KnownPayments;
}

export interface Changed {
  /** Operations to work on once the transaction has committed. */
  readonly claimed: readonly ClaimedOperation[];
  /** Orders without a payment. */
  readonly missing: readonly string[];
  /** Orders whose payment cannot take the trigger. */
  readonly refused: readonly string[];
}

/** Applies one trigger to the payments of several orders. */
export async function changePayments(
  ports: ChangePorts,
  tx: Transaction,
  orderIds: readonly string[],
  trigger: Trigger,
): Promise<Changed> {
  const now = ports.now();
  const lease = ports.lease();
  const distinct = [...new Set(orderIds)];
  const store = (changes: readonly PaymentChange[]) =>
    changes.length === 0 ? new Set<string>() : storeChanges(runnerOf(tx), changes, now, lease);

  const known = plan(ports, now, trigger, knownPayments(ports.known, distinct));
  const stored = await store(known.changes);
  const done = known.changes.filter(({ payment }) => stored.has(payment.id));
  const settled = new Set(done.map(({ payment }) => payment.orderId));

  const rest = distinct.filter((orderId) => !settled.has(orderId));
  const locked = rest.length === 0 ? new Map<string, Payment>() : await lockPaymentsOfOrders(tx, rest);
  const read = plan(ports, now, trigger, [...locked.values()]);
  await store(read.changes);

  return {
    claimed: [...done, ...read.changes].flatMap((change) => openedOperations(change, lease)),
    missing: rest.filter((orderId) => !locked.has(orderId)),
    refused: read.refused,
  };
}

function knownPayments(known: KnownPayments, orderIds: readonly string[]): Payment[] {
  return orderIds.map((orderId) => known.get(orderId)).filter((payment) => payment !== undefined);
}

function plan(ports: PlanPorts, now: Date, trigger: Trigger, payments: Payment[]) {
  const changes: PaymentChange[] = [];
  const refused: string[] = [];
  // In id order, as everyone locks.
  payments.sort((a, b) => (a.id < b.id ? -1 : 1));
  for (const payment of payments) {
    const decision: Decision = decide(payment.state, trigger);
    if (decision.kind === "changed") changes.push(planChange(ports, payment, decision, now));
    else if (decision.kind === "refused") refused.push(payment.orderId);
  }
  return { changes, refused };
}
