import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import type { Finding } from "../check.ts";
import type { VerifyReport } from "../verify.ts";
import { markdownReport } from "./markdown.ts";
import { progressPrinter } from "./progress.ts";
import { terminalReport } from "./terminal.ts";

const finding: Finding = {
  subject: "desk → depot, Look: each third call fails",
  expected: "24 OK with 11 retries",
  from: ["policies/depot.yaml:8"],
  saw: "24 OK | 35 tries",
  counters: "upstream_rq_retry 11",
  verdict: "passed",
};

const report = (verdict: Finding["verdict"]): VerifyReport => ({
  passed: verdict !== "failed",
  startedAt: "2030-01-02T03:04:05.000Z",
  durationMs: 12_300,
  namespace: "depot",
  environment: "local",
  fingerprint: "0123456789ab",
  proxy: "Envoy 1.40.0",
  node: "v26.10.0",
  machine: "linux x64, 2 CPUs",
  timeLapse: 10,
  checks: [
    {
      name: "retries",
      claim: "methods with retries recover",
      findings: [{ ...finding, verdict }],
      durationMs: 2_000,
      error: undefined,
      stallMs: 12,
      repeated: false,
    },
  ],
  scenarios: [
    {
      scenario: "failing-host",
      timeLapse: 5,
      stallMs: 31,
      repeated: true,
      outcome: {
        requests: 1_000,
        succeeded: 980,
        failed: { UNAVAILABLE: 20 },
        tries: { "depot-1": 900, "depot-2": 150 },
        retries: 50,
        retriesRefused: 4,
        refused: 0,
        ejections: [{ host: "depot-2", proxy: 1, atMs: 1_080, untilMs: undefined }],
        latencyMs: { p50: 10.4, p90: 12, p99: 31, max: 40 },
      },
    },
  ],
  scenarioFailures: [{ scenario: "moon", error: "there is no moon" }],
});

test("the Markdown names the line, what was seen and what Envoy counted, and how to repeat it", () => {
  const text = markdownReport(report("passed"));
  expect(text).toContain("`policies/depot.yaml:8`");
  expect(text).toContain("24 OK \\| 35 tries");
  expect(text).toContain("upstream_rq_retry 11");
  expect(text).toContain("depot-2 1.08– s");
  expect(text).toContain("31 ms, second run");
  expect(text).toContain("moon could not be driven: there is no moon");
  expect(text).toContain("mesh verify --env local --only retries failing-host");
  expect(text).toMatch(/\*\*Passed\*\*: 1 claims passed, 0 failed/);
});

test("every row of a table has as many cells as its head", () => {
  const tables = markdownReport(report("failed"))
    .split("\n\n")
    .filter((block) => block.startsWith("|"));
  expect(tables.length).toBe(4);
  for (const table of tables) {
    const cells = table.split("\n").map((line) => line.split(/(?<!\\)\|/).length);
    expect(new Set(cells).size).toBe(1);
  }
});

test("a terminal shows what failed in full, and nothing of what passed but the count", () => {
  expect(terminalReport(report("failed"))).toContain("saw       24 OK | 35 tries");
  expect(terminalReport(report("passed"))).not.toContain("35 tries");
});

test("without a terminal, progress is one line for each end", () => {
  const stream = new PassThrough();
  const print = progressPrinter(stream as unknown as NodeJS.WriteStream);
  print({ index: 0, total: 2, name: "retries" });
  print({ index: 0, total: 2, name: "retries", ended: { passed: true, durationMs: 2_000 } });
  expect(String(stream.read())).toBe("[1/2] retries passed, 2.0 s\n");
});
