// The report in a terminal: a line per check and scenario, and everything about what failed.
import { paint } from "../../output/colour.ts";
import { type Cell, formatTable } from "../../output/table.ts";
import { type CheckResult, hasFailed, type Verdict } from "../check.ts";
import type { VerifyReport } from "../verify.ts";
import { ejectionsIn } from "./markdown.ts";

export function terminalReport(report: VerifyReport): string {
  const parts = [
    ...(report.checks.length === 0 ? [] : [checkTable(report.checks)]),
    ...(report.scenarios.length === 0 ? [] : [scenarioTable(report)]),
    ...report.checks.filter(hasFailed).map(failuresOf),
    ...report.scenarioFailures.map(({ scenario, error }) => `${scenario} could not be driven: ${error}`),
    report.passed
      ? `${paint("good", "passed")} on ${report.proxy}: environment ${report.environment}, policies ${report.fingerprint}`
      : `${paint("bad", "failed")} on ${report.proxy}: environment ${report.environment}, policies ${report.fingerprint}`,
  ];
  return parts.join("\n\n");
}

function checkTable(checks: readonly CheckResult[]): string {
  const rows = checks.map((check): Cell[] => {
    const count = (verdict: Verdict): number => check.findings.filter((finding) => finding.verdict === verdict).length;
    return [
      { text: check.name, tone: "name" },
      check.claim,
      hasFailed(check) ? { text: "failed", tone: "bad" } : { text: "passed", tone: "good" },
      count("passed"),
      count("failed"),
      count("not applicable"),
    ];
  });
  return formatTable(["check", "claim", "verdict", "passed", "failed", "n/a"], rows);
}

function scenarioTable({ scenarios }: VerifyReport): string {
  const rows = scenarios.map(({ scenario, outcome }): Cell[] => [
    { text: scenario, tone: "name" },
    outcome.requests,
    `${((100 * outcome.succeeded) / Math.max(1, outcome.requests)).toFixed(1)} %`,
    outcome.retries,
    outcome.retriesRefused,
    outcome.refused,
    `${outcome.latencyMs.p50.toFixed(0)} / ${outcome.latencyMs.p99.toFixed(0)} ms`,
    ejectionsIn(outcome),
  ]);
  const columns = ["scenario", "requests", "ok", "retries", "over budget", "refused", "p50 / p99", "ejections"];
  return formatTable(columns, rows);
}

function failuresOf({ name, findings, error }: CheckResult): string {
  if (error !== undefined) return `${name} could not be carried out: ${error}`;
  const failed = findings.filter(({ verdict }) => verdict === "failed");
  return failed
    .map(({ subject, expected, from, saw, counters }) =>
      [
        `${paint("bad", "failed")} ${name}: ${subject}`,
        `  expected  ${expected}${from.length === 0 ? "" : ` (${from.join(", ")})`}`,
        `  saw       ${saw}`,
        ...(counters === "" ? [] : [`  counted   ${counters}`]),
      ].join("\n"),
    )
    .join("\n");
}
