import { describe, expect, it } from "vitest";
import { createPace } from "./pace.ts";

function setUp() {
  let ms = 0;
  const pace = createPace({ idleMs: 5, busyMs: 100, quietPerSecond: 150, busyPerSecond: 180, now: () => ms });
  /** Rounds of `items` every `everyMs`, for a second and a half. */
  const run = (items: number, everyMs: number): number => {
    for (const end = ms + 1_500; ms < end; ms += everyMs) pace.passed(items);
    return pace.intervalMs();
  };
  return { pace, run, wait: (by: number) => (ms += by) };
}

describe("the pace of rounds", () => {
  it("is quick at first and for single items", () => {
    const { pace } = setUp();
    expect(pace.intervalMs()).toBe(5);
    pace.passed(1);
    expect(pace.intervalMs()).toBe(5);
  });

  it("depends on how much passes, not on the size of the rounds", () => {
    expect(setUp().run(1, 4)).toBe(100);
    expect(setUp().run(100, 200)).toBe(100);
    expect(setUp().run(1, 20)).toBe(5);
    expect(setUp().run(10, 200)).toBe(5);
  });

  it("grows between little and much, slowly at first", () => {
    const middle = createPace({ idleMs: 5, busyMs: 105, quietPerSecond: 0, busyPerSecond: 400, now: () => 0 });
    middle.passed(100);
    expect(middle.intervalMs()).toBeCloseTo(5 + 100 * 0.5 ** 1.5, 5);
    middle.passed(50);
    expect(middle.intervalMs()).toBeCloseTo(5 + 100 * 0.75 ** 1.5, 5);
  });

  it("is quick again soon after a rush", () => {
    const { pace, run, wait } = setUp();
    run(100, 100);
    expect(pace.intervalMs()).toBe(100);
    wait(2_000);
    expect(pace.intervalMs()).toBe(5);
  });
});
