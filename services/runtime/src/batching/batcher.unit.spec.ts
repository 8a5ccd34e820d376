import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, test, vi } from "vitest";
import { createBatcher } from "./index.ts";

/** A batcher whose runs end when the test says so. */
function controlled(options: { maxItems?: number; maxDelayMs?: number; concurrency?: number } = {}) {
  const runs: { items: number[]; finish(): void; fail(error: unknown): void }[] = [];
  const batcher = createBatcher<number, string>({
    maxItems: 10,
    maxDelayMs: 0,
    ...options,
    run: (items) =>
      new Promise((resolve, reject) => {
        runs.push({ items, finish: () => resolve(items.map((item) => `done ${item}`)), fail: reject });
      }),
  });
  const started = () => runs.map((run) => run.items);
  return { batcher, runs, started };
}

describe("an idle batcher", () => {
  test("runs an item at once, with what arrives in the same turn", async () => {
    const { batcher, runs, started } = controlled({ maxDelayMs: 60_000 });
    const results = Promise.all([batcher.add(1), batcher.add(2)]);
    await nextTurn();
    expect(started()).toEqual([[1, 2]]);
    runs[0]?.finish();
    expect(await results).toEqual(["done 1", "done 2"]);
  });

  test("is idle when nothing was ever added", async () => {
    await expect(controlled().batcher.idle()).resolves.toBeUndefined();
  });
});

describe("under load", () => {
  test("items gather while a run is under way, up to the limit of a run", async () => {
    const { batcher, runs, started } = controlled({ maxItems: 3 });
    const results = [batcher.add(1)];
    await nextTurn();
    for (let item = 2; item <= 6; item++) results.push(batcher.add(item));
    await nextTurn();
    expect(started()).toEqual([[1]]);
    runs[0]?.finish();
    await vi.waitFor(() => expect(started()).toEqual([[1], [2, 3, 4]]));
    runs[1]?.finish();
    await vi.waitFor(() => expect(started()).toEqual([[1], [2, 3, 4], [5, 6]]));
    runs[2]?.finish();
    expect(await Promise.all(results)).toEqual([1, 2, 3, 4, 5, 6].map((item) => `done ${item}`));
  });

  test("as many runs as allowed are under way at once", async () => {
    const { batcher, started } = controlled({ maxItems: 1, concurrency: 2 });
    for (let item = 1; item <= 3; item++) void batcher.add(item);
    await vi.waitFor(() => expect(started()).toEqual([[1], [2]]));
    await nextTurn();
    expect(started()).toHaveLength(2);
  });

  test("a run that is not full waits for the delay since the last start, a full one does not", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    try {
      const { batcher, runs, started } = controlled({ maxItems: 2, maxDelayMs: 50 });
      void batcher.add(1);
      await nextTurn();
      runs[0]?.finish();
      await nextTurn();
      void batcher.add(2);
      await nextTurn();
      expect(started()).toEqual([[1]]);
      void batcher.add(3);
      await nextTurn();
      expect(started()).toEqual([[1], [2, 3]]);
      runs[1]?.finish();
      await nextTurn();
      void batcher.add(4);
      await nextTurn();
      expect(started()).toHaveLength(2);
      vi.advanceTimersByTime(50);
      expect(started()).toEqual([[1], [2, 3], [4]]);
    } finally {
      vi.useRealTimers();
    }
  });

  test("idle waits for what runs and what is queued", async () => {
    const { batcher, runs } = controlled({ maxItems: 1 });
    void batcher.add(1);
    void batcher.add(2);
    let idle = false;
    const done = batcher.idle().then(() => {
      idle = true;
    });
    await vi.waitFor(() => expect(runs).toHaveLength(1));
    runs[0]?.finish();
    await vi.waitFor(() => expect(runs).toHaveLength(2));
    expect(idle).toBe(false);
    runs[1]?.finish();
    await done;
  });
});

describe("failures", () => {
  test("one bad item does not fail its neighbours", async () => {
    const batcher = createBatcher<number, number>({
      maxItems: 10,
      maxDelayMs: 0,
      run: (items) =>
        Promise.allSettled(items.map(async (item) => (item === 2 ? Promise.reject(new Error("bad")) : item))),
    });
    const results = await Promise.allSettled([1, 2, 3].map((item) => batcher.add(item)));
    expect(results.map((result) => result.status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  });

  test("values that have a status of their own are not mistaken for settled results", async () => {
    const batcher = createBatcher<string, { status: string }>({
      maxItems: 10,
      maxDelayMs: 0,
      run: async (items) => items.map((status) => ({ status })),
    });
    expect(await batcher.add("rejected")).toEqual({ status: "rejected" });
  });

  test("a rejected run fails its own items only", async () => {
    const { batcher, runs } = controlled({ maxItems: 1 });
    const first = batcher.add(1);
    const second = batcher.add(2);
    await vi.waitFor(() => expect(runs).toHaveLength(1));
    runs[0]?.fail(new Error("connection lost"));
    await expect(first).rejects.toThrow("connection lost");
    await vi.waitFor(() => expect(runs).toHaveLength(2));
    runs[1]?.finish();
    expect(await second).toBe("done 2");
  });

  test("a rejected run is taken apart when the error asks for it", async () => {
    const runs: number[][] = [];
    const batcher = createBatcher<number, number>({
      maxItems: 10,
      maxDelayMs: 0,
      retrySingly: (error) => error instanceof RangeError,
      run: async (items) => {
        runs.push(items);
        if (items.includes(2)) throw new RangeError("2 is bad");
        return items;
      },
    });
    const results = await Promise.allSettled([1, 2, 3].map((item) => batcher.add(item)));
    expect(results.map((result) => result.status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(runs).toEqual([[1, 2, 3], [1], [2], [3]]);
  });

  test("too few answers fail the run instead of leaving callers waiting", async () => {
    const batcher = createBatcher<number, number>({ maxItems: 10, maxDelayMs: 0, run: async () => [] });
    await expect(batcher.add(1)).rejects.toThrow(/each of its 1 items, got 0/);
  });

  test("a run that throws at once rejects its items", async () => {
    const batcher = createBatcher<number, number>({
      maxItems: 10,
      maxDelayMs: 0,
      run: () => {
        throw new Error("not async");
      },
    });
    await expect(batcher.add(1)).rejects.toThrow("not async");
  });
});

describe("abort", () => {
  test("an aborted item that waits is never run", async () => {
    const { batcher, runs, started } = controlled();
    void batcher.add(1);
    await nextTurn();
    const abort = new AbortController();
    const second = batcher.add(2, abort.signal);
    const third = batcher.add(3);
    abort.abort(new Error("deadline"));
    await expect(second).rejects.toThrow("deadline");
    runs[0]?.finish();
    await vi.waitFor(() => expect(started()).toEqual([[1], [3]]));
    runs[1]?.finish();
    await third;
  });

  test("aborting an item that runs rejects its caller at once", async () => {
    const { batcher, runs } = controlled();
    const abort = new AbortController();
    const first = batcher.add(1, abort.signal);
    const second = batcher.add(2);
    await nextTurn();
    abort.abort(new Error("deadline"));
    await expect(first).rejects.toThrow("deadline");
    runs[0]?.finish();
    expect(await second).toBe("done 2");
  });

  test("a signal that is already aborted adds nothing", async () => {
    const { batcher, runs } = controlled();
    await expect(batcher.add(1, AbortSignal.abort(new Error("too late")))).rejects.toThrow("too late");
    await batcher.idle();
    expect(runs).toHaveLength(0);
  });

  test("aborting the only waiting item leaves the batcher idle and usable", async () => {
    const { batcher, runs } = controlled();
    const abort = new AbortController();
    const first = batcher.add(1, abort.signal);
    abort.abort();
    await expect(first).rejects.toThrow();
    await batcher.idle();
    await nextTurn();
    const second = batcher.add(2);
    await vi.waitFor(() => expect(runs).toHaveLength(1));
    runs[0]?.finish();
    expect(await second).toBe("done 2");
  });
});
