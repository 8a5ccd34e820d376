import { expect, test } from "vitest";
import type { Turn } from "../compare/run-in-turns.ts";
import type { LoadReport } from "../load/report.ts";
import { formatShardsCost } from "./print-report.ts";
import { buildShardsCost, type ShardsContender, type ShardsLoad } from "./shards-cost.ts";

function turn(
  contender: ShardsContender,
  load: ShardsLoad,
  cpuMs: number,
  errors: Record<string, number> = {},
): Turn<ShardsContender, ShardsLoad> {
  const byProcess = { "order-1": cpuMs / 2, postgres: cpuMs / 4, "postgres-shard-2": cpuMs / 4 };
  const report = {
    completedPerSecond: 1000 / cpuMs,
    commitsPerAcceptedOrder: 2,
    cpuMsPerCompletedOrder: { total: cpuMs, byProcess },
    memoryMb: { total: 800 },
    acceptLatencyMs: { p50: 4, p99: 9 },
    timeToFinalMs: { p50: 20 },
    errors,
  } as unknown as LoadReport;
  return { contender, load, report };
}

const run = { shards: 4, rate: 200, rounds: 3 };

test("the ratio is the median of the rounds' ratios, for each load", () => {
  const turns = [
    ...[4, 2, 9].map((cpu) => turn("one", "steady", cpu)),
    ...[5, 3, 99].map((cpu) => turn("many", "steady", cpu)),
    ...[2, 2, 2].map((cpu) => turn("one", "full", cpu)),
    ...[2, 1, 2].map((cpu) => turn("many", "full", cpu)),
  ];
  const cost = buildShardsCost(turns, run);
  expect(cost.steady).toMatchObject({
    one: { cpuMs: 4 },
    many: { cpuMs: 5, databasesCpuMs: 2.5 },
    cpuRatios: [1.25, 1.5, 11],
  });
  expect(cost.steady.cpuRatio).toBe(1.5);
  expect(cost.full).toMatchObject({ cpuRatio: 1 });
  expect(formatShardsCost(cost)).toContain("4 shards to one: 1.5 (1.25, 1.5, 11) at 200/s, 1 (1, 0.5, 1) at full load");
  expect(formatShardsCost(cost)).not.toContain("failed");
});

test("orders that failed are said, because a load that fails is cheaper", () => {
  const failing = turn("many", "full", 1, { UNAVAILABLE: 7 });
  const others = [turn("one", "steady", 1), turn("many", "steady", 1), turn("one", "full", 1)];
  expect(formatShardsCost(buildShardsCost([...others, failing], run))).toContain("7 orders failed");
});
