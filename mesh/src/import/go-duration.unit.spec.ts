import { expect, it } from "vitest";
import { parseGoDuration } from "./go-duration.ts";

it.each([
  ["250ms", 250],
  ["0.25s", 250],
  ["1.5s", 1_500],
  ["1m30s", 90_000],
  ["2h", 7_200_000],
  ["500us", 0.5],
  ["0", 0],
  ["0s", 0],
])("%s is %d ms", (text, ms) => {
  expect(parseGoDuration(text)).toBe(ms);
});

it.each(["", "5", "s", "1d", "-1s", "1s later"])("%j is no duration", (text) => {
  expect(parseGoDuration(text)).toBeUndefined();
});
