import { expect, test } from "vitest";
import type { z } from "zod";
import { duration, durationRange, ejectionThreshold, formatDuration, parseDuration, percent } from "./values.ts";

test.each([
  ["250ms", 250],
  ["1s", 1_000],
  ["1.5s", 1_500],
  ["2m", 120_000],
  ["1h", 3_600_000],
])("%s is %d ms, and is written so again", (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
  expect(formatDuration(ms)).toBe(text);
});

test("what is not a whole number of the larger unit stays in the smaller one", () => {
  expect(formatDuration(90_000)).toBe("90s");
  expect(formatDuration(1_250)).toBe("1250ms");
});

test.each([
  [duration, "5", "a number and ms, s, m or h"],
  [duration, "-1s", "a number and ms, s, m or h"],
  [durationRange, "25ms-250ms", "two dots between them"],
  [percent, "101%", "0% to 100%"],
  [percent, "20", "0% to 100%"],
  [ejectionThreshold, "0 errors", "gateway errors"],
  [ejectionThreshold, "5 timeouts", "gateway errors"],
] as const)("%# %s is refused with what was given and what is allowed", (shape: z.ZodType, text, allowed) => {
  const parsed = shape.safeParse(text);
  expect(parsed.error?.issues[0]?.message).toContain(`"${text}" is not accepted`);
  expect(parsed.error?.issues[0]?.message).toContain(allowed);
});

test("ranges, shares and thresholds are read", () => {
  expect(durationRange.parse("25ms..1s")).toEqual({ baseMs: 25, maxMs: 1_000 });
  expect(percent.parse("12.5%")).toBe(12.5);
  expect(ejectionThreshold.parse("5 gateway errors")).toEqual({ count: 5, kind: "gateway-errors" });
  expect(ejectionThreshold.parse("7 errors")).toEqual({ count: 7, kind: "errors" });
});
