import { describe, expect, it } from "vitest";
import { EventHeap } from "./event-heap.ts";
import { Random } from "./random.ts";

describe("EventHeap", () => {
  it("gives events in the order of their times, each with what belongs to it", () => {
    const heap = new EventHeap();
    const random = new Random(1);
    // More than it holds at first.
    const times = Array.from({ length: 5_000 }, () => Math.floor(random.uniform() * 1e6));
    for (const [index, time] of times.entries()) heap.push(time, 3, index, time + 1);
    const seen: number[] = [];
    while (heap.size > 0) {
      expect(times[heap.subject]).toBe(heap.time);
      expect([heap.kind, heap.stamp]).toEqual([3, heap.time + 1]);
      seen.push(heap.time);
      heap.pop();
    }
    expect(seen).toEqual(times.toSorted((a, b) => a - b));
  });

  it("is never due when it is empty", () => {
    expect(new EventHeap().time).toBe(Number.POSITIVE_INFINITY);
  });
});
