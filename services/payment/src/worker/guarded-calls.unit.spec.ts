import { createLogger } from "@ordermesh/runtime/logging";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ProviderTimeoutError, ProviderUnavailableError } from "../provider/port.ts";
import { CircuitOpenError, createGuardedCalls } from "./guarded-calls.ts";

const logger = createLogger({ name: "payment", instance: "test", level: "silent" });
const timeoutMs = 1_000;
const down = () => Promise.reject(new ProviderUnavailableError("down"));
const good = () => Promise.resolve("good");

function calls() {
  return createGuardedCalls({ timeoutMs, logger, sampling: { durationMs: 10_000, minimumCalls: 10, threshold: 0.8 } });
}

/** Makes a call whose failure is of no interest. */
async function tried(made: Promise<unknown>): Promise<void> {
  await Promise.allSettled([made]);
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe("the deadline", () => {
  it("ends a call that does not answer and aborts it", async () => {
    const guarded = calls();
    let aborted = false;
    const made = guarded.make(true, (signal) => {
      signal.addEventListener("abort", () => {
        aborted = true;
      });
      return new Promise(() => undefined);
    });
    const outcome = expect(made).rejects.toBeInstanceOf(ProviderTimeoutError);
    await vi.advanceTimersByTimeAsync(timeoutMs + 5);
    await outcome;
    expect(aborted).toBe(true);
  });

  it("is each call's own", async () => {
    const guarded = calls();
    const ends: string[] = [];
    const silent = (name: string) =>
      tried(guarded.make(true, () => new Promise(() => undefined))).then(() => ends.push(name));
    void silent("first");
    await vi.advanceTimersByTimeAsync(600);
    void silent("second");
    expect(await guarded.make(true, good)).toBe("good");
    await vi.advanceTimersByTimeAsync(500);
    expect(ends).toEqual(["first"]);
    await vi.advanceTimersByTimeAsync(600);
    expect(ends).toEqual(["first", "second"]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("the breaker", () => {
  it("opens when the provider is down, refuses calls without making them, and closes when it answers again", async () => {
    const guarded = calls();
    for (let made = 0; made < 10; made++) await tried(guarded.make(true, down));
    expect(guarded.state()).toBe("open");
    const call = vi.fn(good);
    await expect(guarded.make(true, call)).rejects.toBeInstanceOf(CircuitOpenError);
    expect(call).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1_100);
    for (let made = 0; made < 5; made++) expect(await guarded.make(true, good)).toBe("good");
    expect(guarded.state()).toBe("closed");
  });

  it("opens again when the provider is still down", async () => {
    const guarded = calls();
    for (let made = 0; made < 10; made++) await tried(guarded.make(true, down));
    await vi.advanceTimersByTimeAsync(1_100);
    for (let made = 0; made < 5; made++) await tried(guarded.make(false, down));
    expect(guarded.state()).toBe("open");
  });

  it("stays closed when a payment fails over and over", async () => {
    const guarded = calls();
    await tried(guarded.make(true, down));
    for (let made = 0; made < 100; made++) await tried(guarded.make(false, down));
    expect(guarded.state()).toBe("closed");
  });

  it("stays closed while a fair part of the calls succeeds", async () => {
    const guarded = calls();
    for (let made = 0; made < 40; made++) {
      await tried(guarded.make(true, made % 4 === 0 ? good : down));
    }
    expect(guarded.state()).toBe("closed");
  });

  it("gives the caller the provider's own error", async () => {
    await expect(calls().make(true, down)).rejects.toThrow("down");
  });
});
