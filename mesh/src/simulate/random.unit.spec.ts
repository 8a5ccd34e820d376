import { describe, expect, it } from "vitest";
import { Random, spreadOf } from "./random.ts";

const draws = (count: number, draw: () => number): number[] => Array.from({ length: count }, draw);

describe("Random", () => {
  it("repeats itself for the same seed and purpose, and for no other", () => {
    const sequence = (seed: number, purpose: number): number[] => {
      const random = new Random(seed, purpose);
      return draws(20, () => random.uniform());
    };
    expect(sequence(7, 1)).toEqual(sequence(7, 1));
    expect(sequence(7, 2)).not.toEqual(sequence(7, 1));
    expect(sequence(8, 1)).not.toEqual(sequence(7, 1));
  });

  it("is even over its range", () => {
    const random = new Random(1);
    const counts = new Array<number>(10).fill(0);
    for (let draw = 0; draw < 100_000; draw++) {
      const place = random.below(10);
      counts[place] = (counts[place] ?? 0) + 1;
    }
    // Standard deviation of each is 95.
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(450);
  });

  it("draws lognormal numbers with the median and the 99th percentile asked for", () => {
    const random = new Random(2);
    const spread = spreadOf(10, 80);
    const sorted = draws(100_000, () => random.lognormal(10, spread)).sort((a, b) => a - b);
    expect(sorted[50_000]).toBeCloseTo(10, 0);
    expect(Math.abs((sorted[99_000] ?? 0) - 80)).toBeLessThan(4);
  });

  it("draws exponential numbers of the mean asked for", () => {
    const random = new Random(3);
    const mean = draws(100_000, () => random.exponential(5)).reduce((sum, each) => sum + each, 0) / 100_000;
    expect(mean).toBeCloseTo(5, 1);
  });
});
