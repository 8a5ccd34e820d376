import { describe, expect, it } from "vitest";
import { TimerLine } from "./timer-line.ts";

describe("TimerLine", () => {
  it("keeps the order of starting while it wraps round and grows", () => {
    const line = new TimerLine(100);
    const ended: [number, number, number][] = [];
    const end = (): void => {
      ended.push([line.time, line.subject, line.stamp]);
      line.shift();
    };
    for (let start = 0; start < 5_000; start++) {
      line.start(start, start, start * 2);
      // Half of them end early, so that the line's beginning moves before it has to grow.
      if (start % 2 === 1) end();
    }
    while (line.time !== Number.POSITIVE_INFINITY) end();
    expect(ended).toEqual(Array.from({ length: 5_000 }, (_, start) => [start + 100, start, start * 2]));
  });

  it("keeps no timer that would never end", () => {
    const line = new TimerLine(Number.POSITIVE_INFINITY);
    line.start(1, 1, 1);
    expect(line.time).toBe(Number.POSITIVE_INFINITY);
  });
});
