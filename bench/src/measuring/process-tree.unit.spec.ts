import { expect, test } from "vitest";
import { cpuMsOf, endedChildrenCpuMsOf, parseStat, readProcessTable, treeOf } from "./process-tree.ts";

const line = (pid: number, name: string, parent: number, times: string): string =>
  `${pid} (${name}) S ${parent} 1 1 0 -1 4194560 100 200 0 0 ${times} 20 0 1 0 5000 1000 100`;

const table = new Map(
  [
    line(10, "postgres", 1, "100 50 30 20"),
    line(11, "postgres: io) worker", 10, "7 3 0 0"),
    line(12, "grandchild", 11, "1 1 0 0"),
    line(20, "node", 1, "500 500 0 0"),
  ]
    .map(parseStat)
    .map((entry) => [entry.pid, entry]),
);

test("a command name with spaces and parentheses does not shift the fields", () => {
  expect(table.get(11)).toEqual({ pid: 11, parent: 10, ticks: 10, endedChildrenTicks: 0 });
});

test("a tree has all descendants and nobody else", () => {
  expect(treeOf(table, 10)).toEqual([10, 11, 12]);
});

test("CPU time of a tree counts living children and those already ended", () => {
  expect(cpuMsOf(table, 10, { descendants: true })).toBe((100 + 50 + 30 + 20 + 10 + 2) * 10);
  expect(cpuMsOf(table, 10)).toBe((100 + 50 + 30 + 20) * 10);
});

test("children that have ended are told apart from the process itself", () => {
  expect(endedChildrenCpuMsOf(table, 10)).toBe((30 + 20) * 10);
});

test("an unknown process has used nothing", () => {
  expect(cpuMsOf(table, 99)).toBe(0);
});

test("the real table knows this process and its parent", async () => {
  const real = await readProcessTable();
  expect(real.get(process.pid)?.parent).toBe(process.ppid);
});
