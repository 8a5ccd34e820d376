import { expect, test } from "vitest";
import type { CallResult } from "./client.ts";
import { closedLoop, openLoop, sendCalls } from "./load.ts";
import { describeStatuses, latencyFigures } from "./tally.ts";

const result = (id: number, status = "OK", latencyMs = 1): CallResult => ({
  id: String(id),
  path: "/lab.Echo/Say",
  status,
  details: "",
  latencyMs,
});

test("so many calls are sent, never more at once, and results come in the order of sending", async () => {
  let under = 0;
  let most = 0;
  const results = await sendCalls(10, 3, async (index) => {
    most = Math.max(most, ++under);
    await Promise.resolve();
    under--;
    return result(index);
  });
  expect(results.map(({ id }) => Number(id))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(most).toBe(3);
});

test("a closed loop sends the next call when one ends, and waits for the last", async () => {
  let under = 0;
  let most = 0;
  const results = await closedLoop(4, 50, async (index) => {
    most = Math.max(most, ++under);
    await new Promise((resolve) => setTimeout(resolve, 5));
    under--;
    return result(index);
  });
  expect(most).toBe(4);
  expect(under).toBe(0);
  expect(results.length).toBeGreaterThanOrEqual(4);
});

test("an open loop sends at its rate even when nothing is answered", async () => {
  const answers: (() => void)[] = [];
  const sending = openLoop(200, 100, (index) => new Promise((resolve) => answers.push(() => resolve(result(index)))));
  await expect.poll(() => answers.length).toBe(20);
  for (const answer of answers) answer();
  expect(await sending).toHaveLength(20);
});

test("statuses are counted, the most frequent first", () => {
  const results = [result(1, "UNAVAILABLE"), result(2), result(3)];
  expect(describeStatuses(results)).toBe("2 OK, 1 UNAVAILABLE");
  expect(describeStatuses([])).toBe("no call");
});

test("percentiles are by nearest rank", () => {
  const results = Array.from({ length: 100 }, (_, index) => result(index, "OK", index + 1));
  expect(latencyFigures(results)).toEqual({ p50: 50, p90: 90, p99: 99, max: 100 });
  expect(latencyFigures([])).toEqual({ p50: 0, p90: 0, p99: 0, max: 0 });
});
