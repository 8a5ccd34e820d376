// The report for people: what was claimed, by which line, and what came of it. It can be pasted into a review as it is.
import type { MeasuredRun } from "../../scenario/outcome.ts";
import { type CheckResult, type Finding, hasFailed } from "../check.ts";
import type { CheckRun } from "../run-check.ts";
import type { ScenarioRun } from "../scenarios/run-scenario.ts";
import { harmfulStallMs } from "../stall.ts";
import type { VerifyReport } from "../verify.ts";

export function markdownReport(report: VerifyReport): string {
  return [
    `# Mesh verification: ${report.namespace}, ${report.environment}`,
    ...summary(report),
    ...(report.checks.length === 0 ? [] : ["## Checks", overview(report.checks), ...report.checks.map(details)]),
    ...(report.scenarios.length + report.scenarioFailures.length === 0 ? [] : scenarios(report)),
    ...method(report),
  ]
    .join("\n\n")
    .concat("\n");
}

function summary(report: VerifyReport): string[] {
  const count = (verdict: Finding["verdict"]): number =>
    report.checks.flatMap(({ findings }) => findings).filter((finding) => finding.verdict === verdict).length;
  return [
    `**${report.passed ? "Passed" : "Failed"}**: ${count("passed")} claims passed, ${count("failed")} failed, ` +
      `${count("not applicable")} do not apply to these policies.`,
    table(
      ["", ""],
      [
        ["Policies", `environment ${report.environment}, fingerprint \`${report.fingerprint}\``],
        ["Proxies", `${report.proxy}, one per instance, configured by \`mesh render envoy\``],
        ["Driver", `Node ${report.node}, ${report.machine}`],
        ["When", `${report.startedAt}, ${(report.durationMs / 1000).toFixed(0)} s`],
      ],
    ),
  ];
}

const overview = (checks: readonly CheckRun[]): string =>
  table(
    ["Check", "Claim", "Verdict", "Passed", "Failed", "Not applicable", "Time", "Longest stall"],
    checks.map((check) => {
      const count = (verdict: Finding["verdict"]): string =>
        String(check.findings.filter((finding) => finding.verdict === verdict).length);
      return [
        check.name,
        check.claim,
        hasFailed(check) ? "**failed**" : "passed",
        count("passed"),
        count("failed"),
        count("not applicable"),
        `${(check.durationMs / 1000).toFixed(1)} s`,
        stall(check),
      ];
    }),
  );

function details(check: CheckResult): string {
  const heading = `### ${check.name}: ${check.claim}`;
  if (check.error !== undefined) return `${heading}\n\nCould not be carried out: ${check.error}`;
  const rows = check.findings.map(({ subject, expected, from, saw, counters, verdict }) => [
    subject,
    expected,
    from.map((line) => `\`${line}\``).join(", "),
    saw,
    counters,
    verdict === "failed" ? "**failed**" : verdict,
  ]);
  return `${heading}\n\n${table(["What", "Expected", "By", "Clients and servers saw", "Envoy counted", "Verdict"], rows)}`;
}

function scenarios({ scenarios: runs, scenarioFailures }: VerifyReport): string[] {
  const heads = [
    "Scenario",
    "Requests",
    "OK",
    "Failed",
    "Tries per request",
    "Retries",
    "Refused by budget",
    "Refused by breaker",
    "p50 / p99 ms",
    "Ejections",
    "Longest stall",
  ];
  return [
    "## Scenarios",
    ...(runs.length === 0 ? [] : [table(heads, runs.map(scenarioRow))]),
    ...scenarioFailures.map(({ scenario, error }) => `${scenario} could not be driven: ${error}`),
  ];
}

function scenarioRow(run: ScenarioRun): string[] {
  const { scenario, outcome, timeLapse } = run;
  const { requests, succeeded, failed, retries, retriesRefused, refused, latencyMs } = outcome;
  return [
    timeLapse === 1 ? scenario : `${scenario} (ejection times ÷ ${timeLapse})`,
    String(requests),
    `${((100 * succeeded) / Math.max(1, requests)).toFixed(1)} %`,
    Object.entries(failed)
      .map(([status, count]) => `${count} ${status}`)
      .join(", ") || "0",
    (sentTries(outcome) / Math.max(1, requests)).toFixed(2),
    String(retries),
    String(retriesRefused),
    String(refused),
    `${latencyMs.p50.toFixed(1)} / ${latencyMs.p99.toFixed(1)}`,
    ejectionsIn(outcome),
    stall(run),
  ];
}

const stall = ({ stallMs, repeated }: CheckRun | ScenarioRun): string =>
  `${stallMs.toFixed(0)} ms${repeated ? ", second run" : ""}`;

/** Those that a breaker refused were not sent. */
const sentTries = ({ requests, refused, retries }: MeasuredRun["outcome"]): number => requests - refused + retries;

export function ejectionsIn({ ejections }: MeasuredRun["outcome"]): string {
  const at = (ms: number): string => (ms / 1000).toFixed(2);
  return (
    ejections
      .map(({ host, atMs, untilMs }) => `${host} ${at(atMs)}–${untilMs === undefined ? "" : at(untilMs)} s`)
      .join(", ") || "none"
  );
}

function method(report: VerifyReport): string[] {
  const names = [...report.checks.map(({ name }) => name), ...report.scenarios.map(({ scenario }) => scenario)];
  return [
    "## How this was done",
    "Each check and scenario has proxies of its own: one Envoy beside each instance, mutual TLS between them with SPIFFE " +
      "certificates of an authority made for the run, and a gRPC server behind each that counts what reaches it and fails " +
      "on request. What could hide what a check is about is off in that check: ejection where errors are to keep coming, " +
      "timeouts and retries where calls are to pile up.",
    "A stall is a time in which the driver itself could not run. Where a check failed, or a scenario was driven, with " +
      `one of more than ${harmfulStallMs} ms, it was run once more, and the second run counts.`,
    `Time-lapse: in checks, interval and base time of ejections are divided by ${report.timeLapse}; in scenarios by what their files say.`,
    `To repeat it: \`mesh verify --env ${report.environment} --only ${names.join(" ")}\`.`,
  ];
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(escapeCell).join(" | ")} |`;
  return [line(heads), line(heads.map(() => "---")), ...rows.map(line)].join("\n");
}

const escapeCell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");
