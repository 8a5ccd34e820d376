// The fault run: a steady load, one process after the other killed, and then the proof that nothing was lost.
import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { StackState } from "@ordermesh/stack";
import { type AuditReport, runAudit } from "../audit/audit.ts";
import { openBacklogReader, waitUntilQuiet } from "../measuring/backlog.ts";
import type { Progress } from "../progress.ts";
import { type Kill, killAndRecover } from "./kill-and-recover.ts";
import { startSteadyLoad } from "./steady-load.ts";
import { type AcceptedOrders, verifyAccepted } from "./verify-accepted.ts";

export interface FaultOptions {
  /** What stack.json says at the moment; read again and again, because processes come back with new ids. */
  readonly state: () => Promise<StackState>;
  /** Rounds are repeated until so much time has passed; 0 for one round. */
  readonly minutes: number;
  /** Steady load before each kill, so that there is something to lose. */
  readonly steadySeconds: number;
  readonly perSecond: number;
  /** How long the stack may take to recover from a kill, and its orders to become final after the last one. */
  readonly recoverTimeoutMs: number;
  readonly finalTimeoutMs: number;
  readonly progress: Progress;
}

export interface KillResult extends Kill {
  /** Attempts of clients that failed between this kill and the next, all of them repeated. */
  readonly retriedAttempts: number;
}

export interface FaultReport {
  readonly passed: boolean;
  /** Why it did not pass. */
  readonly failures: readonly string[];
  readonly kills: readonly KillResult[];
  readonly accepted: number;
  readonly unanswered: number;
  readonly retried: Readonly<Record<string, number>>;
  readonly refused: readonly string[];
  readonly slowestAnswerMs: number;
  readonly settledMs: number;
  readonly orders: AcceptedOrders;
  readonly audit: AuditReport;
}

/** Kills every process of the stack in turn under load, PostgreSQL last, then checks orders, money and invariants. */
export async function runFaults(options: FaultOptions): Promise<FaultReport> {
  const { state, minutes, progress } = options;
  const { gatewayUrl, customerToken } = await state();
  const runId = `faults-${randomBytes(6).toString("hex")}`;
  const load = startSteadyLoad({ origin: gatewayUrl, token: customerToken, perSecond: options.perSecond, runId });
  const kills: KillResult[] = [];
  try {
    const endAt = performance.now() + minutes * 60_000;
    do {
      for (const name of await victims(state)) {
        const before = count(load.retried);
        progress.show(`${load.accepted.length} orders accepted; next to be killed: ${name}`);
        await delay(options.steadySeconds * 1000);
        const kill = await killAndRecover(name, state, options.recoverTimeoutMs);
        progress.say(`killed ${name}: ${kill.recovered ? "whole again" : "NOT whole"} after ${kill.recoverMs} ms`);
        kills.push({ ...kill, retriedAttempts: count(load.retried) - before });
      }
    } while (performance.now() < endAt);
    await delay(options.steadySeconds * 1000);
  } finally {
    progress.show("waiting for the last answers");
    await load.finish(options.finalTimeoutMs);
  }
  const { databases } = await state();
  progress.show("waiting until every order is final");
  const settledMs = await settle(databases, options.finalTimeoutMs);
  const orders = await verifyAccepted(databases.order, runId, load.accepted);
  progress.show("audit");
  const audit = await runAudit({ databases, settled: true });
  progress.clear();
  const { accepted, unanswered, retried, refused, slowestMs } = load;
  const facts = { kills, accepted: accepted.length, unanswered, refused, orders, audit };
  const failures = failuresOf(facts);
  return { ...facts, retried, slowestAnswerMs: slowestMs, settledMs, failures, passed: failures.length === 0 };
}

/** All processes, PostgreSQL last: it is the one that takes the others down with it. */
async function victims(state: FaultOptions["state"]): Promise<string[]> {
  const { processes } = await state();
  const isDatabase = ({ service }: { service: string }): boolean => service === "postgres";
  return [...processes.filter((entry) => !isDatabase(entry)), ...processes.filter(isDatabase)].map(({ name }) => name);
}

async function settle(databases: StackState["databases"], timeoutMs: number): Promise<number> {
  const start = performance.now();
  const backlog = await openBacklogReader(databases);
  try {
    await waitUntilQuiet(backlog, timeoutMs);
    return Math.round(performance.now() - start);
  } finally {
    await backlog.close();
  }
}

type Facts = Pick<FaultReport, "kills" | "accepted" | "unanswered" | "refused" | "orders" | "audit">;

export function failuresOf({ kills, accepted, unanswered, refused, orders, audit }: Facts): string[] {
  const failures: string[] = [];
  const fail = (what: string, ids: readonly string[]): void => {
    if (ids.length > 0) failures.push(`${ids.length} ${what}: ${ids.slice(0, 10).join(", ")}`);
  };
  fail(
    "kills without recovery",
    kills.filter(({ recovered }) => !recovered).map((kill) => kill.process),
  );
  fail("orders refused", refused);
  fail("accepted orders missing", orders.missing);
  fail("accepted orders not final", orders.notFinal);
  fail("accepted orders final only after the saga deadline", orders.late);
  fail(
    "checks of the audit",
    audit.checks.map(({ check, count: found }) => `${check} (${found})`),
  );
  if (accepted === 0) failures.push("no order was accepted at all");
  if (unanswered > 0) failures.push(`${unanswered} orders were never answered`);
  // An order whose client gave up may exist or not.
  if (orders.placed < accepted || orders.placed > accepted + unanswered) {
    failures.push(`${orders.placed} orders exist, ${accepted} were answered: keys were not honoured`);
  }
  return failures;
}

const count = (retried: Readonly<Record<string, number>>): number => Object.values(retried).reduce((a, b) => a + b, 0);
