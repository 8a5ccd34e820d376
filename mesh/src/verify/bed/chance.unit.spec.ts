import { expect, test } from "vitest";
import { drawLatency, everyNth, seeded, share } from "./chance.ts";

const draw = <T>(count: number, next: () => T): T[] => Array.from({ length: count }, next);

test("the same seed gives the same numbers, another seed others", () => {
  expect(draw(5, seeded(7))).toEqual(draw(5, seeded(7)));
  expect(draw(5, seeded(7))).not.toEqual(draw(5, seeded(8)));
});

test("numbers are from 0 up to 1 and spread evenly", () => {
  const numbers = draw(10_000, seeded(1));
  expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...numbers)).toBeLessThan(1);
  expect(numbers.reduce((sum, each) => sum + each, 0) / numbers.length).toBeCloseTo(0.5, 1);
});

test("every third call is the third, the sixth and so on", () => {
  expect(draw(6, everyNth(3))).toEqual([false, false, true, false, false, true]);
});

test("a share comes as often as it says", () => {
  const hits = draw(10_000, share(15, seeded(3))).filter(Boolean).length;
  expect(hits).toBeGreaterThan(1_400);
  expect(hits).toBeLessThan(1_600);
  expect(draw(100, share(0, seeded(3))).some(Boolean)).toBe(false);
  expect(draw(100, share(100, seeded(3))).every(Boolean)).toBe(true);
});

test("a latency by median and 99th percentile has both", () => {
  const sorted = draw(20_000, drawLatency({ p50: 20, p99: 100 }, seeded(5))).sort((a, b) => a - b);
  expect(sorted[10_000]).toBeCloseTo(20, -0.5);
  expect(sorted[19_800]).toBeGreaterThan(85);
  expect(sorted[19_800]).toBeLessThan(115);
});

test("a fixed latency is always the same", () => {
  expect(draw(3, drawLatency(12, seeded(1)))).toEqual([12, 12, 12]);
});
