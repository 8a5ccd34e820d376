// Invariant 1: every accepted order exists exactly once, and reaches a final or stable state.
import type { Report } from "./findings.ts";
import type { AuditContext, OrderFacts, OrderHead, OrderStatus } from "./order-facts.ts";

/** Where an order may go, from the lifecycle table of the design. */
const allowed: Readonly<Record<OrderStatus, readonly OrderStatus[]>> = {
  PENDING: ["CONFIRMED", "CANCELLED"],
  CONFIRMED: ["SHIPPED", "CANCELLED"],
  SHIPPED: ["DELIVERED"],
  CANCELLED: [],
  DELIVERED: [],
};

/** Idempotency keys are pruned after seven days. */
const keysKeptMs = 6 * 24 * 60 * 60 * 1000;

export function checkAccepted(id: string, facts: OrderFacts, context: AuditContext, report: Report): void {
  const { head, lines, changes, keys } = facts;
  if (head === undefined) {
    const traces = [keys && "idempotency key", lines && "lines", changes && "history"].filter(Boolean);
    if (traces.length > 0) report(1, "order-missing", id, `there is no order, only its ${traces.join(", ")}`);
    return;
  }
  const keyKept = head.create_time > new Date(context.now.getTime() - keysKeptMs);
  if (keys === undefined) {
    if (keyKept) report(1, "order-without-key", id, "no idempotency key led to it");
  } else if (keys.keys !== 1) report(1, "order-with-several-keys", id, `${keys.keys} idempotency keys led to it`);
  if (lines === undefined) report(1, "order-without-lines", id, "it has no lines");
  else if (lines.total !== head.total) {
    report(1, "total-differs", id, `total is ${head.total}, the lines sum up to ${lines.total}`);
  }
  checkHistory(id, head, facts, report);
  const overdueMs = context.now.getTime() - head.deadline.getTime();
  if (head.status === "PENDING" && overdueMs > context.deadlineSlackMs) {
    report(1, "order-not-final", id, `PENDING ${Math.round(overdueMs / 1000)} s after its deadline`);
  }
}

function checkHistory(id: string, head: OrderHead, { changes }: OrderFacts, report: Report): void {
  if (changes === undefined) {
    report(1, "order-without-history", id, "it has no state changes");
    return;
  }
  const { last_time: lastTime } = changes;
  const statuses = changes.statuses.split(" ") as OrderStatus[];
  const path = statuses.join(" > ");
  const legal =
    statuses[0] === "PENDING" &&
    statuses.every((status, index) => {
      const next = statuses[index + 1];
      return next === undefined || allowed[status].includes(next);
    });
  if (!legal) report(1, "illegal-history", id, `its history is ${path}`);
  if (statuses.at(-1) !== head.status) report(1, "status-differs", id, `it is ${head.status}, its history is ${path}`);
  if (lastTime.getTime() !== head.update_time.getTime()) {
    const given = `${head.update_time.toISOString()} and ${lastTime.toISOString()}`;
    report(1, "update-time-differs", id, `update time and the last change's time are ${given}`);
  }
}
