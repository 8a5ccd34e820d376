// The fault run's report for people.
import Table from "cli-table3";
import { formatAudit } from "../audit/print-report.ts";
import type { Conclusion } from "./conclude.ts";
import type { FaultReport } from "./faults.ts";

export function formatFaults(report: FaultReport): string {
  const kills = new Table({
    head: ["killed", "whole again after", "attempts repeated"],
    style: { head: [], border: [] },
  });
  for (const kill of report.kills) {
    kills.push([kill.process, kill.recovered ? `${kill.recoverMs} ms` : "not recovered", kill.retriedAttempts]);
  }
  return [kills.toString(), ...describeConclusion(report)].join("\n");
}

/** What both kinds of fault runs end with. */
export function describeConclusion(report: Conclusion & Pick<FaultReport, "passed" | "failures">): string[] {
  const retried = Object.entries(report.retried).map(([code, count]) => `${code} ${count}`);
  return [
    `${report.accepted} orders accepted, the slowest answered after ${report.slowestAnswerMs} ms; all work done ` +
      `${report.settledMs} ms after the last answer.`,
    `Repeated by clients: ${retried.join(", ") || "nothing"}.`,
    formatAudit(report.audit),
    ...(report.passed ? ["Nothing was lost."] : ["", "FAILED", ...report.failures.map((failure) => `  ${failure}`)]),
  ];
}
