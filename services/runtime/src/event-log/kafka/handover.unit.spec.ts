import { expect, test } from "vitest";
import { createHandover } from "./handover.ts";

/** Whether a promise has settled by the end of this turn of the event loop. */
async function settled(promise: Promise<unknown>): Promise<boolean> {
  const later = new Promise((resolve) => setImmediate(resolve, "later"));
  return (await Promise.race([promise.then(() => "now"), later])) === "now";
}

test("giving waits until the item is taken, and items come in order", async () => {
  const handover = createHandover<number>();
  const first = handover.give(1);
  expect(await settled(first)).toBe(false);
  expect(await handover.take()).toBe(1);
  expect(await settled(first)).toBe(true);

  const taking = handover.take();
  expect(handover.awaited()).toBe(true);
  await handover.give(2);
  expect(await taking).toBe(2);
  expect(handover.awaited()).toBe(false);
});

test("the end lets go of whoever gives and whoever takes", async () => {
  const handover = createHandover<number>();
  const giving = handover.give(1);
  handover.end();
  expect(await settled(giving)).toBe(true);
  expect(await handover.take()).toBeUndefined();
  expect(await settled(handover.give(2))).toBe(true);
});

test("a failure reaches whoever takes, now or next, and the first one counts", async () => {
  const waiting = createHandover<number>();
  const taking = waiting.take();
  waiting.fail(new Error("broken"));
  await expect(taking).rejects.toThrow("broken");

  const later = createHandover<number>();
  later.fail(new Error("first"));
  later.fail(new Error("second"));
  later.end();
  await expect(later.take()).rejects.toThrow("first");
});
