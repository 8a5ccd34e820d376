import { describe, expect, it } from "vitest";
import { countOf, type Histogram, merge, quantileOf, requestsNeeded } from "./histogram.ts";

const histogram = (counts: Readonly<Record<string, number>>, interpolate = true): Histogram => ({
  interpolate,
  buckets: Object.entries(counts).map(([bound, count]) => ({ boundMs: Number(bound), count })),
});

describe("quantileOf", () => {
  it("interpolates within the bucket, as histogram_quantile does", () => {
    const found = histogram({ 10: 50, 20: 90, 40: 100, Infinity: 100 });
    expect(quantileOf(found, 50)).toBe(10);
    expect(quantileOf(found, 25)).toBe(5);
    expect(quantileOf(found, 70)).toBe(15);
    expect(quantileOf(found, 99)).toBeCloseTo(38, 9);
  });

  it("takes the bound above where it may not interpolate", () => {
    expect(quantileOf(histogram({ 10: 50, 40: 100 }, false), 60)).toBe(40);
  });

  it("is infinite above the largest bound, and nothing without requests", () => {
    expect(quantileOf(histogram({ 10: 98, Infinity: 100 }), 99)).toBe(Infinity);
    expect(quantileOf(histogram({ 10: 0, Infinity: 0 }), 99)).toBeNaN();
  });
});

describe("merge", () => {
  it("adds the counts at the bounds that all have", () => {
    const merged = merge([histogram({ 10: 1, 20: 2, Infinity: 3 }), histogram({ 10: 10, 30: 20, Infinity: 30 })]);
    expect(merged).toEqual(histogram({ 10: 11, Infinity: 33 }));
    expect(countOf(merged)).toBe(33);
  });
});

describe("requestsNeeded", () => {
  it("asks for ten requests beyond the quantile", () => {
    expect(requestsNeeded(99)).toBe(1_000);
    expect(requestsNeeded(99.9)).toBe(10_000);
    expect(requestsNeeded(99.99)).toBe(100_000);
  });
});
