import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { progressLines } from "./progress.ts";

const phases = () => progressLines(new PassThrough() as unknown as NodeJS.WriteStream);

test("steps that begin together run at the same time, each with its own result", async () => {
  const run = phases();
  const meeting = Promise.withResolvers<string>();
  const [first, second] = await Promise.all([
    run("one", () => meeting.promise),
    run("two", async () => {
      meeting.resolve("met");
      return 2;
    }),
  ]);
  expect([first, second]).toEqual(["met", 2]);
});

test("a step that fails says why, after those that began with it have ended", async () => {
  const run = phases();
  const slow = Promise.withResolvers<void>();
  let ended = false;
  const failing = run("one", async () => {
    setImmediate(slow.resolve);
    throw new Error("no disk");
  });
  const going = run("two", async () => {
    await slow.promise;
    ended = true;
  });
  await expect(failing).rejects.toThrow("no disk");
  expect(ended).toBe(true);
  await going;
});

test("a step after another one is shown by itself", async () => {
  const run = phases();
  expect(await run("one", async () => 1)).toBe(1);
  expect(await run("two", async () => 2)).toBe(2);
});
