import { expect, test } from "vitest";
import type { LoadReport } from "../load/report.ts";
import { buildMeshCost } from "./mesh-cost.ts";
import { formatMeshCost } from "./print-report.ts";

function report(total: number, sidecars: number, p50: number, errors: Record<string, number> = {}): LoadReport {
  return {
    cpuMsPerCompletedOrder: { total, sidecars, brokers: 0, all: total + sidecars, byProcess: {} },
    memoryMb: { total: 800, sidecars: sidecars * 300, brokers: 0, all: 800, byProcess: {} },
    acceptLatencyMs: { p50, p95: p50 * 2, p99: p50 * 3, max: p50 * 4 },
    timeToFinalMs: { p50: p50 * 5, p99: p50 * 6, max: p50 * 7 },
    errors,
  } as unknown as LoadReport;
}

test("medians of the rounds are compared", () => {
  const cost = buildMeshCost({
    rate: 100,
    rounds: 3,
    without: [report(4, 0, 10), report(2, 0, 6), report(9, 0, 90)],
    withMesh: [report(5, 1, 12), report(4, 1, 8), report(9, 9, 99)],
  });
  expect(cost).toMatchObject({
    without: { allCpuMs: 4, acceptP50: 10, finalP50: 50, sidecarsMb: 0 },
    withMesh: { servicesCpuMs: 5, sidecarsCpuMs: 1, allCpuMs: 6, acceptP99: 36 },
    cpuRatio: 1.5,
    errors: 0,
  });
  expect(formatMeshCost(cost)).toMatch(/accepted, p50 ms\s*│ 10\s*│ 12\s*│ \+2/);
});

test("orders that failed are said, because a load that fails is cheaper", () => {
  const cost = buildMeshCost({
    rate: 100,
    rounds: 1,
    without: [report(4, 0, 10)],
    withMesh: [report(4, 1, 10, { "503": 7 })],
  });
  expect(formatMeshCost(cost)).toContain("7 orders failed");
});
