// The proof at the end of a fault run: every order that was accepted is there once and final, and the audit is clean.
import type { PlatformUrls, StackState } from "@ordermesh/stack";
import { type AuditReport, runAudit } from "../audit/audit.ts";
import { openBacklogReader, waitUntilQuiet } from "../measuring/backlog.ts";
import type { Progress } from "../progress.ts";
import type { SteadyLoad } from "./steady-load.ts";
import { type AcceptedOrders, type Outage, verifyAccepted } from "./verify-accepted.ts";

export interface Conclusion {
  readonly accepted: number;
  readonly unanswered: number;
  readonly retried: Readonly<Record<string, number>>;
  readonly refused: readonly string[];
  readonly slowestAnswerMs: number;
  readonly settledMs: number;
  readonly orders: AcceptedOrders;
  readonly audit: AuditReport;
}

export interface ConcludeOptions {
  readonly state: () => Promise<StackState>;
  /** The load, finished. */
  readonly load: SteadyLoad;
  readonly runId: string;
  readonly outages: readonly Outage[];
  /** How long the orders may take to become final. */
  readonly finalTimeoutMs: number;
  readonly progress: Progress;
}

export async function conclude(options: ConcludeOptions): Promise<Conclusion> {
  const { state, load, runId, outages, finalTimeoutMs, progress } = options;
  const { databases, eventLogUrl } = await state();
  progress.show("waiting until every order is final");
  const settledMs = await settle({ databases, eventLogUrl }, finalTimeoutMs);
  const orders = await verifyAccepted(databases.shards, { runId, ids: load.accepted, outages });
  progress.show("audit");
  const audit = await runAudit({ databases, eventLogUrl, settled: true });
  progress.clear();
  const { accepted, unanswered, retried, refused, slowestMs } = load;
  return {
    accepted: accepted.length,
    unanswered,
    retried,
    refused,
    slowestAnswerMs: slowestMs,
    settledMs,
    orders,
    audit,
  };
}

async function settle(platform: PlatformUrls, timeoutMs: number): Promise<number> {
  const start = performance.now();
  const backlog = await openBacklogReader(platform);
  try {
    await waitUntilQuiet(backlog, timeoutMs);
    return Math.round(performance.now() - start);
  } finally {
    await backlog.close();
  }
}

/** What was lost, doubled or not finished; empty when the proof holds. */
export function lossesOf({ accepted, unanswered, refused, orders, audit }: Conclusion): string[] {
  const losses: string[] = [];
  const note = (what: string, ids: readonly string[]): void => {
    if (ids.length > 0) losses.push(`${ids.length} ${what}: ${ids.slice(0, 10).join(", ")}`);
  };
  note("orders refused", refused);
  note("accepted orders missing", orders.missing);
  note("accepted orders not final", orders.notFinal);
  note("accepted orders final only after the saga deadline", orders.late);
  note(
    "checks of the audit",
    audit.checks.map(({ check, count: found }) => `${check} (${found})`),
  );
  if (accepted === 0) losses.push("no order was accepted at all");
  if (unanswered > 0) losses.push(`${unanswered} orders were never answered`);
  // An order whose client gave up may exist or not.
  if (orders.placed < accepted || orders.placed > accepted + unanswered) {
    losses.push(`${orders.placed} orders exist, ${accepted} were answered: keys were not honoured`);
  }
  return losses;
}
