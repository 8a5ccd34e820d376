// Invariant 2: one order, at most one captured payment; what was taken and kept fits the order's state.
import type { Report } from "./findings.ts";
import {
  type AuditContext,
  isConfirmedOrLater,
  isPaymentBusy,
  isSettled,
  type OrderFacts,
  type OrderHead,
} from "./order-facts.ts";

export function checkMoney(id: string, facts: OrderFacts, context: AuditContext, report: Report): void {
  const { head, payment, ledger } = facts;
  if (ledger !== undefined && ledger.captures > 1) {
    report(2, "charged-twice", id, `the provider captured ${ledger.captures} times, ${ledger.captured} in all`);
  }
  if (payment !== undefined && payment.payments > 1) report(2, "several-payments", id, `${payment.payments} payments`);
  if (head === undefined) {
    if (payment !== undefined) report(2, "payment-without-order", id, `a payment is ${payment.status}`);
    if (ledger !== undefined && (ledger.captured !== ledger.refunded || ledger.open_holds > 0)) {
      report(2, "charge-without-order", id, `the provider holds ${ledger.captured - ledger.refunded} captured`);
    }
    return;
  }
  if (head.status === "PENDING" && ledger !== undefined && ledger.captured > 0) {
    report(2, "charged-before-confirmation", id, `${ledger.captured} captured while PENDING`);
  }
  if (!isSettled(head, context) || isPaymentBusy(payment, context)) return;
  checkKept(id, head, facts, report);
  checkAgreement(id, head, facts, report);
}

function checkKept(id: string, head: OrderHead, { payment, ledger }: OrderFacts, report: Report): void {
  const captured = ledger?.captured ?? 0;
  const refunded = ledger?.refunded ?? 0;
  const kept = captured - refunded;
  if (isConfirmedOrLater(head.status)) {
    const due = head.total - (payment?.requested_refunds ?? 0);
    const parts = `captured ${captured}, refunded ${refunded}`;
    if (kept !== due) report(2, "kept-differs", id, `the order is ${head.status}: ${parts}, due ${due}`);
  } else if (head.status === "CANCELLED") {
    if (kept !== 0) report(2, "charged-though-cancelled", id, `captured ${captured}, refunded ${refunded}`);
    if ((ledger?.open_holds ?? 0) > 0) report(2, "held-though-cancelled", id, "an authorisation was not given up");
  }
}

/** Payment's view must be the ledger's, and the ledger's entries must sum up to its balances. */
function checkAgreement(id: string, head: OrderHead, { payment, ledger }: OrderFacts, report: Report): void {
  const ours = payment ?? nothing;
  const theirs = ledger ?? nothing;
  if (ours.captured !== theirs.captured || ours.refunded !== theirs.refunded) {
    const sides = `payment says captured ${ours.captured}, refunded ${ours.refunded}`;
    report(2, "ledger-differs", id, `${sides}; the provider ${theirs.captured}, ${theirs.refunded}`);
  }
  if (theirs.balance_captured !== theirs.captured || theirs.balance_refunded !== theirs.refunded) {
    const balances = `balances ${theirs.balance_captured}, ${theirs.balance_refunded}`;
    report(
      2,
      "ledger-inconsistent",
      id,
      `entries captured ${theirs.captured}, refunded ${theirs.refunded}; ${balances}`,
    );
  }
  if (payment !== undefined && payment.amount !== head.total) {
    report(2, "amount-differs", id, `the payment is of ${payment.amount}, the order's total ${head.total}`);
  }
}

const nothing = { captured: 0, refunded: 0, balance_captured: 0, balance_refunded: 0 };
