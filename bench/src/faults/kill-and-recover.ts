// Kills one process of the stack and waits until its supervisor has brought it back.
import { setTimeout as delay } from "node:timers/promises";
import type { StackState } from "@ordermesh/stack";
import { request } from "undici";
import type { Outage } from "./verify-accepted.ts";

export interface Kill {
  readonly process: string;
  readonly recovered: boolean;
  /** From the kill until the process is back and every process of the stack says that it is ready. */
  readonly recoverMs: number;
  readonly outage: Outage;
}

const pollMs = 50;
const readyTimeoutMs = 2_000;

/** Sends SIGKILL to the process named so in stack.json and waits at most `timeoutMs` for the stack to be whole again. */
export async function killAndRecover(
  name: string,
  readState: () => Promise<StackState>,
  timeoutMs: number,
): Promise<Kill> {
  const before = await readState();
  const victim = before.processes.find((entry) => entry.name === name);
  if (victim === undefined) throw new Error(`stack.json names no process ${name}`);
  const from = new Date();
  process.kill(victim.pid, "SIGKILL");
  const start = performance.now();
  const elapsed = (): number => Math.round(performance.now() - start);
  const concluded = (recovered: boolean): Kill => {
    return { process: name, recovered, recoverMs: elapsed(), outage: { from, until: new Date() } };
  };
  while (elapsed() < timeoutMs) {
    await delay(pollMs);
    const now = await readState();
    // A process that is down is not listed, and one that came back has another id.
    const back =
      now.processes.length === before.processes.length && now.processes.every(({ pid }) => pid !== victim.pid);
    if (back && (await isReady(now))) return concluded(true);
  }
  return concluded(false);
}

/** Whether every process that has a health address says that it is ready. */
export async function isReady(state: StackState): Promise<boolean> {
  const addresses = state.processes.map(({ health }) => health).filter((health) => health !== undefined);
  const answers = await Promise.all(addresses.map(answersReady));
  return answers.every(Boolean);
}

async function answersReady(address: string): Promise<boolean> {
  try {
    const { statusCode, body } = await request(`http://${address}/readyz`, {
      headersTimeout: readyTimeoutMs,
      bodyTimeout: readyTimeoutMs,
    });
    await body.dump();
    return statusCode === 200;
  } catch {
    // Refused or cut off: not ready.
    return false;
  }
}
