import { describe, expect, it } from "vitest";
import { Balancer, noHost } from "./balancer.ts";
import { Random } from "./random.ts";
import { plainValues } from "./testing/plain.ts";

interface Setting extends NonNullable<Parameters<typeof plainValues>[0]> {
  readonly levels?: readonly (readonly number[])[];
  readonly out?: readonly number[];
  readonly active?: readonly number[];
}

/** Shares of the hosts, in percent, over ten thousand choices. */
function shares({ levels = [[0, 1, 2, 3]], out = [], active = [], ...changes }: Setting): number[] {
  const hosts = levels.flat().length;
  const balancer = new Balancer(
    levels,
    Int32Array.from({ length: hosts }, (_, host) => active[host] ?? 0),
    plainValues(changes),
    new Random(1),
  );
  balancer.healthChanged(Uint8Array.from({ length: hosts }, (_, host) => (out.includes(host) ? 1 : 0)));
  const counts = new Array<number>(hosts).fill(0);
  for (let choice = 0; choice < 10_000; choice++) {
    const host = balancer.choose();
    if (host !== noHost) counts[host] = (counts[host] ?? 0) + 1;
  }
  return counts.map((count) => Math.round(count / 100));
}

// Within 1.6 of a hundred: four standard deviations of ten thousand choices, and rounding.
const near = (expected: readonly number[]) => expected.map((share) => expect.closeTo(share, -0.5));

describe("Balancer", () => {
  it("goes round with ROUND_ROBIN", () => {
    expect(shares({ loadBalancing: "ROUND_ROBIN" })).toEqual([25, 25, 25, 25]);
  });

  it("takes the less busy of two choices with LEAST_REQUEST: the busiest only when both choices are it", () => {
    // 1/16 for the busiest; the next is taken in 3 of 16 cases, and so on.
    expect(shares({ loadBalancing: "LEAST_REQUEST", active: [9, 5, 3, 1] })).toEqual(near([6.25, 18.75, 31.25, 43.75]));
  });

  it("leaves ejected hosts out, and has none when all are out", () => {
    expect(shares({ loadBalancing: "ROUND_ROBIN", out: [1, 3] })).toEqual([50, 0, 50, 0]);
    expect(shares({ out: [0, 1, 2, 3] })).toEqual([0, 0, 0, 0]);
  });

  it("heeds health no longer when fewer are healthy than the panic threshold", () => {
    expect(shares({ loadBalancing: "ROUND_ROBIN", out: [0, 1, 2], ejectMinHealthPercent: 50 })).toEqual([
      25, 25, 25, 25,
    ]);
    expect(shares({ loadBalancing: "ROUND_ROBIN", out: [0, 1], ejectMinHealthPercent: 50 })).toEqual([0, 0, 50, 50]);
  });

  it("keeps to the first level until fewer than 1/1.4 of its hosts are healthy, then gives away the rest", () => {
    const levels = [
      [0, 1, 2, 3],
      [4, 5],
    ];
    expect(shares({ levels, loadBalancing: "ROUND_ROBIN", out: [0] })).toEqual([0, 33, 33, 33, 0, 0]);
    // Two of four healthy: 140 × 2/4 = 70 of a hundred stay.
    expect(shares({ levels, loadBalancing: "ROUND_ROBIN", out: [0, 1] })).toEqual(near([0, 0, 35, 35, 15, 15]));
    expect(shares({ levels, loadBalancing: "ROUND_ROBIN", out: [0, 1, 2, 3] })).toEqual([0, 0, 0, 0, 50, 50]);
  });
});
