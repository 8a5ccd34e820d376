import { setTimeout as delay } from "node:timers/promises";
import { afterEach, expect, test, vi } from "vitest";
import type { LogLine } from "../output/log-line.ts";
import { createSupervisedServer, type RunningServer } from "./supervised-server.ts";

afterEach(() => vi.restoreAllMocks());

/** A server in name only: the test says when it serves and when it ends. */
function setUp() {
  const lines: LogLine[] = [];
  const launches: { serve(): void; fail(reason: Error): void; die(): void }[] = [];
  const launch = () => {
    const served = Promise.withResolvers<RunningServer>();
    const exited = Promise.withResolvers<{ code: number | null; signal: NodeJS.Signals | null }>();
    const pid = 1_000 + launches.length;
    const end = () => exited.resolve({ code: 0, signal: null });
    const stop = async () => end();
    launches.push({
      serve: () => served.resolve({ pid, exited: exited.promise, stop }),
      fail: served.reject,
      die: end,
    });
    return served.promise;
  };
  const server = createSupervisedServer({ name: "one", launch, onLog: (line) => lines.push(line), onChange: () => {} });
  const launched = async (n: number) => {
    await vi.waitFor(() => expect(launches.length).toBeGreaterThan(n));
    const found = launches[n];
    if (found === undefined) throw new Error("not launched");
    return found;
  };
  return { server, launches, launched, messages: () => lines.map((line) => line.message) };
}

test("one that dies is launched again, and so is one whose launch fails; while it is down it has no pid", async () => {
  const { server, launched, messages } = setUp();
  const started = server.start();
  (await launched(0)).serve();
  expect((await started).pid).toBe(1_000);
  (await launched(0)).die();
  const second = await launched(1);
  expect(server.pid).toBeUndefined();
  second.fail(new Error("the port is taken"));
  (await launched(2)).serve();
  await vi.waitFor(() => expect(server.pid).toBe(1_002));
  await vi.waitFor(() => expect(messages()).toEqual(["one died", "one died", "one is started again"]));
  await server.stop();
  expect(server.pid).toBeUndefined();
});

test("stopping ends the wait for a restart at once, and nothing is launched after", async () => {
  const { server, launches, launched } = setUp();
  const started = server.start();
  (await launched(0)).serve();
  await started;
  // Until a wait is long enough that a test would notice it: 50, 100, … 3,200 ms.
  for (let n = 0; n < 5; n += 1) {
    (await launched(n)).serve();
    await vi.waitFor(() => expect(server.pid).toBe(1_000 + n));
    (await launched(n)).die();
    await vi.waitFor(() => expect(server.pid).toBeUndefined());
  }
  const count = launches.length;
  const before = performance.now();
  await server.stop();
  expect(performance.now() - before).toBeLessThan(400);
  expect(launches).toHaveLength(count);
});

test("one that is held is not launched again before its release, and stopping does not wait for that", async () => {
  const killed: unknown[] = [];
  vi.spyOn(process, "kill").mockImplementation((pid, signal) => {
    killed.push([pid, signal]);
    return true;
  });
  const { server, launches, launched } = setUp();
  expect(server.hold()).toBe(false);
  const started = server.start();
  (await launched(0)).serve();
  await started;
  expect(server.hold()).toBe(true);
  expect(killed).toEqual([[1_000, "SIGKILL"]]);
  (await launched(0)).die();
  await vi.waitFor(() => expect(server.pid).toBeUndefined());
  // Longer than the first wait for a restart.
  await delay(200);
  expect(launches).toHaveLength(1);
  server.release();
  (await launched(1)).serve();
  await vi.waitFor(() => expect(server.pid).toBe(1_001));
  server.hold();
  (await launched(1)).die();
  await server.stop();
  expect(launches).toHaveLength(2);
});

test("stopping waits for a launch that is under way, and stops what comes of it", async () => {
  const { server, launched } = setUp();
  const started = server.start();
  (await launched(0)).serve();
  await started;
  (await launched(0)).die();
  const second = await launched(1);
  const stopped = server.stop();
  second.serve();
  await stopped;
  expect(server.pid).toBeUndefined();
});

test("a first launch that fails is the caller's, and is not repeated", async () => {
  const { server, launches, launched } = setUp();
  const started = server.start();
  (await launched(0)).fail(new Error("no disk"));
  await expect(started).rejects.toThrow("no disk");
  await server.stop();
  expect(launches).toHaveLength(1);
});
