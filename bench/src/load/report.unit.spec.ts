import { build } from "hdr-histogram-js";
import { expect, test } from "vitest";
import { formatLoad } from "./print-report.ts";
import { buildReport, type LoadOutcome } from "./report.ts";

const latency = { events: 20, p50: 4, p99: 9, max: 12 };

function outcome(brokers: readonly string[], sidecars: readonly string[] = []): LoadOutcome {
  const cpuMs = {
    "order-1": 30,
    postgres: 20,
    ...Object.fromEntries([...brokers, ...sidecars].map((name) => [name, 5])),
  };
  return {
    options: { clients: 1, seconds: 1, lines: 2, rate: undefined, stack: { pid: 0 } } as LoadOutcome["options"],
    runId: "run",
    generated: {
      accepted: 10,
      acceptedInWindow: 10,
      errors: {},
      latencyUs: build(),
      startMs: 0,
      windowMs: 1000,
    },
    completion: {
      placed: 10,
      completed: 10,
      completedInWindow: 9,
      byStatus: { CONFIRMED: 10 },
      timeToFinalMs: undefined,
    },
    eventLatency: { overall: latency, byGroup: { inventory: latency } },
    usage: { cpuMs, generatorCpuMs: 10, memoryMb: cpuMs, brokers, sidecars, lost: [] },
    commits: 20,
    ownCommits: 3,
    drainMs: 100,
    quiet: {
      quiet: true,
      at: new Date(0),
      left: { pendingOrders: 0, outboxRows: 0, parkedEvents: 0, consumerLag: 0, providerWork: 0 },
    },
    baselinePerSecond: 100,
  };
}

test("brokers are not in the total, and stand beside it", () => {
  const report = buildReport(outcome(["kafka-1", "kafka-2"]));
  expect(report.cpuMsPerCompletedOrder).toMatchObject({ total: 5, brokers: 1, all: 6 });
  expect(report.memoryMb).toMatchObject({ total: 50, brokers: 10, all: 60 });
  expect(formatLoad(report)).toContain("total without brokers");
});

test("sidecars are not in the total either", () => {
  const report = buildReport(outcome(["kafka-1"], ["order-1-sidecar", "gateway-1-sidecar"]));
  expect(report.cpuMsPerCompletedOrder).toMatchObject({ total: 5, brokers: 0.5, sidecars: 1, all: 6.5 });
  expect(formatLoad(report)).toContain("total without brokers and sidecars");
});

test("a stack without brokers has one total", () => {
  const report = buildReport(outcome([]));
  expect(report.cpuMsPerCompletedOrder).toMatchObject({ total: 5, brokers: 0, sidecars: 0, all: 5 });
  expect(formatLoad(report)).not.toContain("brokers");
});

test("the latency of events is reported by group and overall", () => {
  const report = buildReport(outcome([]));
  expect(report.commitToConsumedMs).toEqual({ overall: latency, byGroup: { inventory: latency } });
  expect(formatLoad(report)).toMatch(/inventory\s*│ 20\s*│ 4\s*│ 9\s*│ 12/);
});
