import { get } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { SupervisedProcess } from "./supervised-process.ts";

export interface ReadinessTarget {
  readonly process: SupervisedProcess;
  /** host:port of its health server. */
  readonly health: string;
}

export interface WaitOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Called whenever one more is ready. */
  readonly onReady: (ready: number, total: number) => void;
}

const POLL_MS = 40;
const GIVE_UP_AFTER_DEATHS = 3;

/** Why the start was given up: `processes` names those that are not ready. */
export class NotReadyError extends Error {
  readonly processes: readonly string[];
  constructor(message: string, processes: readonly string[]) {
    super(message);
    this.name = "NotReadyError";
    this.processes = processes;
  }
}

/** Resolves when /readyz of all says so; rejects after the timeout, or when one keeps dying. */
export async function waitUntilReady(targets: readonly ReadinessTarget[], options: WaitOptions): Promise<void> {
  const deadline = Date.now() + options.timeoutMs;
  const waiting = new Set(targets);
  for (; waiting.size > 0; await delay(POLL_MS)) {
    options.signal.throwIfAborted();
    await Promise.all(
      Array.from(waiting, async (target) => {
        if (!(await answersReady(target.health))) return;
        waiting.delete(target);
        options.onReady(targets.length - waiting.size, targets.length);
      }),
    );
    const names = Array.from(waiting, (target) => target.process.name);
    const dying = [...waiting].find((target) => target.process.deaths >= GIVE_UP_AFTER_DEATHS);
    if (dying !== undefined) throw new NotReadyError(`${dying.process.name} does not start`, [dying.process.name]);
    if (names.length > 0 && Date.now() > deadline) {
      throw new NotReadyError(`not ready after ${options.timeoutMs / 1000} s: ${names.join(", ")}`, names);
    }
  }
}

function answersReady(health: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(`http://${health}/readyz`, { timeout: 2_000, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.once("timeout", () => request.destroy());
    request.once("error", () => resolve(false));
  });
}
