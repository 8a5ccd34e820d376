// The disturbances: keeping processes away, killing one that is at work, stopping one for a while.
import { setTimeout as delay } from "node:timers/promises";
import type { ServiceName, StackState } from "@ordermesh/stack";
import type { Disturbance, ScenarioContext } from "./scenarios.ts";

const pollMs = 20;

/**
 * Kills the processes, and again whenever the supervisor has brought one back, until `awayMs` have passed. They are
 * back when stack.json lists them all again, which the supervisor's own pauses between restarts delay.
 */
export async function keepAway(names: readonly string[], context: ScenarioContext): Promise<Disturbance> {
  const { state, awayMs, timeoutMs } = context;
  const killed = new Set<number>();
  const beganAt = performance.now();
  do {
    for (const { pid } of listed(await state(), names)) {
      if (!killed.has(pid)) kill(pid, "SIGKILL");
      killed.add(pid);
    }
    await delay(pollMs);
  } while (performance.now() - beganAt < awayMs);
  await waitFor(`${names.join(" and ")} to be back`, timeoutMs, async () => {
    const back = listed(await state(), names);
    return back.length === names.length && back.every(({ pid }) => !killed.has(pid));
  });
  return { beganAt, returnedAt: performance.now() };
}

/** Kills a consumer while its group has records that it has not committed, and waits until it is there again. */
export async function killAndAwaitReturn(
  name: string,
  group: ServiceName,
  context: ScenarioContext,
): Promise<Disturbance> {
  const { state, lag, timeoutMs } = context;
  const { pid } = only(await state(), name);
  await waitFor(`group ${group} to have work`, timeoutMs, async () => (await lag(group)) > 0n);
  kill(pid, "SIGKILL");
  const beganAt = performance.now();
  await waitFor(`${name} to be back`, timeoutMs, async () => {
    const [back] = listed(await state(), [name]);
    return back !== undefined && back.pid !== pid;
  });
  return { beganAt, returnedAt: performance.now() };
}

/** Stops a process as a machine does that hangs, and lets it go on after `stoppedMs`. */
export async function stopAndContinue(name: string, { state, stoppedMs }: ScenarioContext): Promise<Disturbance> {
  const { pid } = only(await state(), name);
  kill(pid, "SIGSTOP");
  const beganAt = performance.now();
  try {
    await delay(stoppedMs);
  } finally {
    kill(pid, "SIGCONT");
  }
  return { beganAt, returnedAt: performance.now() };
}

type ProcessState = StackState["processes"][number];

const listed = ({ processes }: StackState, names: readonly string[]): ProcessState[] =>
  processes.filter(({ name }) => names.includes(name));

function only(state: StackState, name: string): ProcessState {
  const [found] = listed(state, [name]);
  if (found === undefined) throw new Error(`stack.json names no process ${name}`);
  return found;
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // It ended by itself since stack.json was read, which is what was wanted.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH" || signal !== "SIGKILL") throw error;
  }
}

async function waitFor(what: string, timeoutMs: number, reached: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await reached())) {
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs / 1000} s for ${what}`);
    await delay(pollMs);
  }
}
