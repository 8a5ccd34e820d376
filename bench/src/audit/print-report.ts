// The audit's report for people.
import Table from "cli-table3";
import type { AuditReport } from "./audit.ts";
import { type Invariant, invariants } from "./findings.ts";

const shownPerCheck = 10;

/** A table of the five invariants, and under it each failed check with its first ids. */
export function formatAudit(report: AuditReport): string {
  const table = new Table({ head: ["", "invariant", "result"], style: { head: [], border: [] } });
  for (const [number, text] of Object.entries(invariants)) {
    const failed = report.checks.filter((check) => check.invariant === (Number(number) as Invariant));
    const count = failed.reduce((sum, check) => sum + check.count, 0);
    table.push([number, text, count === 0 ? "holds" : `${count} broken`]);
  }
  const { orders, items, records, elapsedMs, quiet, inFlight } = report;
  const scope = `${orders} orders, ${items} items and ${records} events read in ${(elapsedMs / 1000).toFixed(1)} s`;
  const state = quiet ? "all work was done" : `work was in hand: ${inFlight} orders changed too recently to be settled`;
  const failures = report.checks.flatMap(({ invariant, check, count, findings }) => [
    "",
    `${invariant} ${check}: ${count}`,
    ...findings.slice(0, shownPerCheck).map(({ id, detail }) => `  ${id}  ${detail}`),
    ...(count > shownPerCheck ? [`  and ${count - shownPerCheck} more; --json lists them`] : []),
  ]);
  return [table.toString(), `${scope}; ${state}.`, ...failures].join("\n");
}
