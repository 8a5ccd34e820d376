import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import type { StackState } from "@ordermesh/stack";
import { afterEach, expect, test, vi } from "vitest";
import { keepAway, killAndAwaitReturn, stopAndContinue } from "./disturb.ts";

/** Processes that are started again when they end, as a supervisor does, unless `restarts` is turned off. */
function superviseIdle(...names: string[]) {
  const running = new Map<string, ChildProcess>();
  const pids: number[] = [];
  const start = (name: string): void => {
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
    running.set(name, child);
    if (child.pid !== undefined) pids.push(child.pid);
    child.once("exit", () => {
      running.delete(name);
      if (supervisor.restarts) start(name);
    });
  };
  const supervisor = {
    restarts: true,
    /** Of every process that was started. */
    pids,
    pidOf: (name: string) => running.get(name)?.pid ?? 0,
    state: async () => {
      const processes = [...running].map(([name, { pid }]) => ({ name, service: "kafka", pid }));
      return { processes } as unknown as StackState;
    },
    end: () => {
      supervisor.restarts = false;
      for (const child of running.values()) child.kill("SIGKILL");
    },
  };
  names.forEach(start);
  return supervisor;
}

let supervisor: ReturnType<typeof superviseIdle>;
afterEach(() => supervisor.end());

function contextOf(changes: { lag?: () => Promise<bigint>; timeoutMs?: number }) {
  const { state } = supervisor;
  return { state, lag: () => Promise.resolve(1n), awayMs: 400, stoppedMs: 300, timeoutMs: 10_000, ...changes };
}

test("what is kept away is killed as often as it returns, and the return is waited for", async () => {
  supervisor = superviseIdle("kafka-1", "kafka-2", "kafka-3");
  const untouched = supervisor.pidOf("kafka-3");
  const { beganAt, returnedAt } = await keepAway(["kafka-1", "kafka-2"], contextOf({}));
  expect(returnedAt - beganAt).toBeGreaterThanOrEqual(400);
  expect(supervisor.pids.length).toBeGreaterThan(3 + 2);
  expect(supervisor.pidOf("kafka-3")).toBe(untouched);
  expect((await supervisor.state()).processes).toHaveLength(3);
});

test("what does not return is reported", async () => {
  supervisor = superviseIdle("kafka-1");
  supervisor.restarts = false;
  await expect(keepAway(["kafka-1"], contextOf({ timeoutMs: 200 }))).rejects.toThrow("0.2 s for kafka-1 to be back");
});

test("a consumer is killed once its group has work", async () => {
  supervisor = superviseIdle("inventory-1");
  const before = supervisor.pidOf("inventory-1");
  let asked = 0;
  const lag = vi.fn(async () => {
    expect(supervisor.pidOf("inventory-1")).toBe(before);
    asked += 1;
    return asked < 3 ? 0n : 7n;
  });
  await killAndAwaitReturn("inventory-1", "inventory", contextOf({ lag }));
  expect(lag).toHaveBeenCalledTimes(3);
  expect(lag).toHaveBeenCalledWith("inventory");
  expect(supervisor.pidOf("inventory-1")).not.toBe(before);
});

test("a process is stopped for a while, and the same one goes on", async () => {
  supervisor = superviseIdle("payment-1");
  const pid = supervisor.pidOf("payment-1");
  const stateOf = (): string | undefined => /^State:\s+(\w)/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1];
  const stopping = stopAndContinue("payment-1", contextOf({}));
  await vi.waitFor(() => expect(stateOf()).toBe("T"), { interval: 5 });
  const { beganAt, returnedAt } = await stopping;
  expect(returnedAt - beganAt).toBeGreaterThanOrEqual(299);
  await vi.waitFor(() => expect(stateOf()).not.toBe("T"));
  expect(supervisor.pidOf("payment-1")).toBe(pid);
});
