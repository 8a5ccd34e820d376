// The audit: reads databases, ledger and event log, and checks the five invariants of the design.
import { openEventLog, parseEventLogUrl } from "@ordermesh/runtime/event-log";
import { createLogger } from "@ordermesh/runtime/logging";
import type { PlatformUrls } from "@ordermesh/stack";
import { openBacklogReader, type Quiet, waitUntilQuiet } from "../measuring/backlog.ts";
import { checkAccepted } from "./check-accepted.ts";
import { checkDeadLetters, checkOutboxes } from "./check-backlog.ts";
import { checkEvents } from "./check-events.ts";
import { checkMoney } from "./check-money.ts";
import { checkBuckets, checkParked, watchPassedOver } from "./check-shards.ts";
import { checkItems, checkReservation } from "./check-stock.ts";
import { type CheckResult, createFindings, type Report } from "./findings.ts";
import { indexLog, type LogIndex } from "./log-index.ts";
import { mergeOrders } from "./merge-orders.ts";
import { openSnapshots } from "./open-snapshots.ts";
import type { AuditContext, OrderFacts } from "./order-facts.ts";
import { openSources } from "./sources.ts";

export interface AuditOptions extends PlatformUrls {
  /** How long to wait for the work in hand to be done, in milliseconds; default 10,000. */
  readonly waitMs?: number;
  /** When it does not become quiet: how young a change may be to count as in flight; default 75,000. */
  readonly inFlightMs?: number;
  /** Fail when the work in hand is not done in time. */
  readonly settled?: boolean;
  /** Age that an outbox row may have, in milliseconds; default 10,000. */
  readonly outboxAgeMs?: number;
  /** Age that a parked event may have, in milliseconds; default 60,000. */
  readonly parkedAgeMs?: number;
  /** How long past its deadline an order may be PENDING, in milliseconds; default 15,000. */
  readonly deadlineSlackMs?: number;
}

export interface AuditReport {
  readonly clean: boolean;
  readonly orders: number;
  readonly items: number;
  readonly records: number;
  /** Whether all work was done when the databases were read, so that no order counted as in flight. */
  readonly quiet: boolean;
  /** Orders that changed too recently to be checked in full. */
  readonly inFlight: number;
  readonly elapsedMs: number;
  readonly checks: readonly CheckResult[];
}

/** Checks every order, item and event of a stack, running or not, as long as its PostgreSQL is up. */
export async function runAudit(options: AuditOptions): Promise<AuditReport> {
  const { waitMs = 10_000, inFlightMs = 75_000, deadlineSlackMs = 15_000 } = options;
  const { outboxAgeMs = 10_000, parkedAgeMs = 60_000 } = options;
  const start = performance.now();
  const findings = createFindings();
  const quiet = await settle(options, waitMs);
  if (!quiet.quiet && options.settled === true) {
    for (const [part, left] of Object.entries(quiet.left)) {
      if (left > 0) findings.report(5, "backlog-not-empty", part, `${left} left after ${waitMs} ms`);
    }
  }
  const snapshots = await openSnapshots(options.databases);
  try {
    // The shards are read last: what the others show of an order has already happened to it.
    const now = snapshots.order.time;
    const settledBefore = quiet.quiet ? quiet.at : new Date(now.getTime() - inFlightMs);
    checkBuckets(snapshots.order, findings.report);
    const passedOver = watchPassedOver(snapshots.order, findings.report);
    const [log, sources] = await Promise.all([
      readLog(options.eventLogUrl, now, findings.report),
      openSources(snapshots, passedOver.filterFor),
    ]);
    const context: AuditContext = { now, settledBefore, deadlineSlackMs, logCompleteSince: log.completeSince };
    let inFlight = 0;
    const check = (id: string, facts: OrderFacts): void => {
      checkAccepted(id, facts, context, findings.report);
      checkMoney(id, facts, context, findings.report);
      checkReservation(id, facts, context, findings.report);
      checkEvents(id, facts, context, findings.report);
      if (facts.head !== undefined && facts.head.update_time >= settledBefore) inFlight += 1;
    };
    const orders = await mergeOrders(sources, (id, rows) => {
      check(id, { ...rows, events: log.byOrder.get(id) });
      log.byOrder.delete(id);
    });
    passedOver.reportLeftOver();
    for (const [id, events] of log.byOrder) check(id, { events });
    const items = await checkItems(snapshots.inventory, findings.report);
    await checkOutboxes(snapshots, new Date(now.getTime() - outboxAgeMs), findings.report);
    await checkParked(snapshots.order, new Date(now.getTime() - parkedAgeMs), findings.report);
    const checks = findings.results();
    return {
      clean: checks.length === 0,
      orders,
      items,
      records: log.records,
      quiet: quiet.quiet,
      inFlight,
      elapsedMs: Math.round(performance.now() - start),
      checks,
    };
  } finally {
    await snapshots.close();
  }
}

async function settle(platform: PlatformUrls, waitMs: number): Promise<Quiet> {
  const reader = await openBacklogReader(platform);
  try {
    return await waitUntilQuiet(reader, waitMs);
  } finally {
    await reader.close();
  }
}

async function readLog(url: string, until: Date, report: Report): Promise<LogIndex> {
  const logger = createLogger({ name: "audit", instance: "audit", level: "error" });
  const log = await openEventLog({ url, clientId: "audit", logger });
  try {
    const offsetsPer = parseEventLogUrl(url).driver === "kafka" ? "partition" : "topic";
    const index = await indexLog(log, until, offsetsPer);
    for (const place of index.unreadable) report(4, "record-unreadable", place, "it has no ce_type or no ce_id");
    await checkDeadLetters(log, report);
    return index;
  } finally {
    await log.close();
  }
}
