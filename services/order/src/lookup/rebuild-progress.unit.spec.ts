import { expect, it } from "vitest";
import { createProgressLines } from "./rebuild-progress.ts";

const progress = { step: "reading ordermesh.orders.v1", records: 500, entries: 120, unreadable: 0 };

function linesOn(isTTY: boolean) {
  let time = 0;
  let text = "";
  const out = { isTTY, write: (more: string) => (text += more) };
  const lines = createProgressLines(out, () => time);
  return { lines, advance: (ms: number) => (time += ms), text: () => text };
}

it("writes a line for each step, and now and then one in between", () => {
  const { lines, advance, text } = linesOn(false);
  lines.show({ ...progress, records: 0, entries: 0 }, 1_000n);
  advance(1_000);
  lines.show(progress, 1_000n);
  advance(4_000);
  lines.show({ ...progress, records: 750 }, 1_000n);
  expect(text()).toBe(
    "0.0 s  reading ordermesh.orders.v1\n" +
      "5.0 s  reading ordermesh.orders.v1: 75 % of the log, 750 records, 120 entries\n",
  );
});

it("writes over its line on a terminal, and never says more than all of a log that grows", () => {
  const { lines, advance, text } = linesOn(true);
  lines.show(progress, 1_000n);
  advance(200);
  lines.show({ ...progress, records: 1_200 }, 1_000n);
  lines.show({ ...progress, step: "done" }, 1_000n);
  const [first = "", ...rest] = text().split("\r\u001b[2K");
  expect(first).toContain("50 % of the log");
  expect(rest.join()).toMatch(/100 % of the log, 1200 records, 120 entries\n.*done.*\n$/);
});
