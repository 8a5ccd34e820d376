// Stores the provider's answers, a whole batch at once, and announces them.
import type { Database, Transaction } from "@ordermesh/runtime/database";
import type { Logger } from "@ordermesh/runtime/logging";
import type { Outbox } from "@ordermesh/runtime/outbox";
import type { ChangePorts } from "../commands/change-payments.ts";
import { changedPayment, openedOperations, planChange } from "../commands/plan-change.ts";
import { decide } from "../domain/decide.ts";
import type { ProviderOutcome } from "../domain/trigger.ts";
import { type OperationStatus, operationStatuses } from "../store/operations.ts";
import { type ClaimedOperation, lockPayments, type Payment } from "../store/payment.ts";
import { type ClosedOperation, type PaymentChange, storeChanges } from "../store/store-changes.ts";
import { runnerOf } from "../store/transaction-runner.ts";

/** An operation that the provider has answered. */
export interface Answered {
  readonly claimed: ClaimedOperation;
  readonly outcome: ProviderOutcome;
  readonly attempts: number;
}

export interface SettlePorts extends ChangePorts {
  readonly database: Database;
  readonly outbox: Outbox;
  readonly logger: Logger;
}

/** Stores answers and returns, for each, the operations that follow from it, leased to this process. */
export async function settleOperations(
  ports: SettlePorts,
  answers: readonly Answered[],
): Promise<PromiseSettledResult<ClaimedOperation[]>[]> {
  const now = ports.now();
  const lease = ports.lease();
  const changes = new Map<Answered, PaymentChange>();
  const payments = new Set<string>();
  for (const answer of answers) {
    const { payment } = answer.claimed;
    const change = payments.has(payment.id) ? undefined : planned(ports, answer, payment, now);
    if (change === undefined) continue;
    payments.add(payment.id);
    changes.set(answer, change);
  }
  // In id order, as everyone locks.
  const sorted = [...changes.values()].sort((a, b) => (a.payment.id < b.payment.id ? -1 : 1));
  const stored = sorted.length === 0 ? new Set<string>() : await storeChanges(ports.database, sorted, now, lease);
  if (stored.size > 0) ports.outbox.committed();

  const results = new Map<Answered, PromiseSettledResult<ClaimedOperation[]>>();
  for (const [answer, change] of changes) {
    if (!stored.has(change.payment.id)) continue;
    if (change.state.status === "AUTHORIZED") ports.known.remember(changedPayment(change));
    results.set(answer, { status: "fulfilled", value: openedOperations(change, lease) });
  }
  // Something came in between, or the answer changes nothing as far as was known.
  const others = answers.filter((answer) => !results.has(answer));
  for (const answer of others) results.set(answer, await settled(settleUnderLock(ports, answer)));
  return answers.map((answer) => results.get(answer) ?? { status: "fulfilled", value: [] });
}

/** The usual case: the answer changes the payment as it was when the operation was claimed. */
function planned(ports: SettlePorts, answer: Answered, payment: Payment, now: Date): PaymentChange | undefined {
  const decision = decide(payment.state, answer.outcome);
  if (decision.kind !== "changed") return undefined;
  return planChange(ports, payment, decision, now, closedBy(answer), refundedBy(answer));
}

async function settleUnderLock(ports: SettlePorts, answer: Answered): Promise<ClaimedOperation[]> {
  const lease = ports.lease();
  const change = await ports.database.transaction(async (tx) => {
    const read = await readUnderLock(tx, answer);
    const decided = read && changeUnderLock(ports, answer, read.payment, read.status);
    if (decided) await storeChanges(runnerOf(tx), [decided], ports.now(), lease);
    return decided;
  });
  if (change === undefined) return [];
  if (change.records.length > 0) ports.outbox.committed();
  return openedOperations(change, lease);
}

async function readUnderLock(
  tx: Transaction,
  { claimed }: Answered,
): Promise<{ payment: Payment; status: OperationStatus } | undefined> {
  const payment = (await lockPayments(tx, [claimed.payment.id])).get(claimed.payment.id);
  const status = (await operationStatuses(tx, [claimed.operation.id])).get(claimed.operation.id);
  return payment && status && { payment, status };
}

function changeUnderLock(
  ports: SettlePorts,
  answer: Answered,
  payment: Payment,
  status: OperationStatus,
): PaymentChange | undefined {
  const { outcome } = answer;
  // Another process was faster.
  if (status === "SUCCEEDED" || status === "DECLINED") return undefined;
  // Of an authorisation that nobody waits for any more, only an approval matters: it is given up again.
  if (status === "SUPERSEDED" && outcome.kind !== "authorized") return undefined;
  const closed = status === "PENDING" ? closedBy(answer) : undefined;
  const decision = decide(payment.state, outcome);
  if (decision.kind === "changed") {
    return planChange(ports, payment, decision, ports.now(), closed, refundedBy(answer));
  }
  if (decision.kind === "refused") {
    const operationId = answer.claimed.operation.id;
    ports.logger.error(
      { paymentId: payment.id, operationId, status: payment.state.status, outcome: outcome.kind },
      "the provider's answer does not fit the payment",
    );
  }
  return closed && { payment, state: payment.state, opened: [], closed: [closed], records: [] };
}

function closedBy({ claimed, outcome, attempts }: Answered): ClosedOperation {
  const refused = "code" in outcome;
  return {
    id: claimed.operation.id,
    kind: claimed.operation.kind,
    status: refused ? "DECLINED" : "SUCCEEDED",
    attempts,
    note: refused ? outcome.code : undefined,
  };
}

function refundedBy({ outcome }: Answered): bigint {
  return outcome.kind === "refunded" ? outcome.amount : 0n;
}

async function settled<T>(work: Promise<T>): Promise<PromiseSettledResult<T>> {
  const [result] = await Promise.allSettled([work]);
  return result;
}
