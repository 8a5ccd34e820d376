import { describe, expect, it } from "vitest";
import { describeTries, longestMs, longestPauseMs, triesThatFit } from "./retry-time.ts";

const times = { attempts: 3, perTryMs: 100, baseMs: 25, maxMs: 250 };

describe("the time that tries take", () => {
  it("has Envoy's pauses: up to 25, 75, 175 ms, then the longest", () => {
    expect([1, 2, 3, 4, 5].map((retry) => longestPauseMs(retry, times))).toEqual([25, 75, 175, 250, 250]);
  });

  it("is every try to its end and every pause at its longest", () => {
    expect(longestMs(times)).toBe(4 * 100 + 25 + 75 + 175);
    expect(describeTries(times)).toBe("4 × 100ms + pauses of up to 25ms + 75ms + 175ms = 675ms");
  });

  it("lets as many tries fit as end within the timeout", () => {
    expect([99, 100, 224, 225, 399, 400, 674, 675, 9_999].map((ms) => triesThatFit(times, ms))).toEqual([
      0, 1, 1, 2, 2, 3, 3, 4, 4,
    ]);
  });
});
