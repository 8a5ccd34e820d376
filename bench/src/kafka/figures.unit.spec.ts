import { expect, test } from "vitest";
import { compare, cpuMsDuring, type Figures, toFigures } from "./figures.ts";

const figures = (recordsPerSecond: number, clientUsPerRecord = 1, brokerUsPerRecord = 1): Figures => ({
  recordsPerSecond,
  clientUsPerRecord,
  brokerUsPerRecord,
});

test("CPU is given per record", () => {
  expect(toFigures({ records: 2_000, perSecond: 500, clientCpuMs: 40, brokerCpuMs: 10 })).toEqual(figures(500, 20, 5));
});

test("each figure is the median of its own runs, and a rate is compared with the tool's", () => {
  const tool = [figures(100, 9, 2), figures(300, 5, 4), figures(200, 7, 3)];
  const ours = [figures(50, 10.04), figures(70, 30)];
  expect(compare(tool, new Map([[2, ours]]))).toEqual({
    tool: figures(200, 7, 3),
    ours: [{ processes: 2, ...figures(60, 20), percentOfTool: 30 }],
  });
});

test("a process that ends while it is measured is not taken for one that used nothing", async () => {
  await expect(cpuMsDuring([2 ** 30], () => Promise.resolve())).rejects.toThrow("ended while it was measured");
});
