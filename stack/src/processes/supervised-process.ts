import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { createBackoff } from "./backoff.ts";
import type { Environment } from "./environment.ts";

export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface SupervisedProcessOptions {
  readonly name: string;
  /** The main file. */
  readonly program: string;
  readonly environment: Environment;
  /** A line of its output. */
  readonly onLine: (line: string) => void;
  readonly onStart: (pid: number, restarted: boolean) => void;
  /** It ended without being asked to, and is started again after the delay. */
  readonly onDeath: (exit: ProcessExit, restartInMs: number) => void;
}

export interface SupervisedProcess {
  readonly name: string;
  readonly pid: number | undefined;
  /** How often it has ended by itself. */
  readonly deaths: number;
  start(): void;
  kill(signal: NodeJS.Signals): boolean;
  /** Kills it and does not start it again before `release`; false, and without effect, when it is not running. */
  hold(): boolean;
  release(): void;
  /** SIGTERM, then SIGKILL after the timeout; resolves when it has ended and will not be started again. */
  stop(timeoutMs: number): Promise<void>;
}

const wrapper = fileURLToPath(new URL("../child.ts", import.meta.url));

/** Keeps one Node process running until it is told to stop. */
export function createSupervisedProcess(options: SupervisedProcessOptions): SupervisedProcess {
  const backoff = createBackoff();
  let child: ChildProcess | undefined;
  let ended: Promise<void> = Promise.resolve();
  let restart: NodeJS.Timeout | undefined;
  let stopping = false;
  let held = false;
  /** A start that is put off because it is held. */
  let due = false;
  let deaths = 0;

  const start = (): void => {
    due = held;
    if (stopping || held) return;
    const startedAt = Date.now();
    // Its own process group: a Ctrl-C in the terminal reaches the supervisor only, which stops things in order.
    // A larger young generation, and no helper threads for its collection: on few cores they only take turns with it.
    const started = spawn(
      process.execPath,
      ["--single-threaded-gc", "--max-semi-space-size=32", wrapper, options.program, options.name],
      {
        env: { ...process.env, ...options.environment },
        stdio: ["ignore", "pipe", "pipe", "ipc"],
        detached: true,
      },
    );
    child = started;
    for (const stream of [started.stdout, started.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on("line", options.onLine);
    }
    started.once("error", (error) => options.onLine(`cannot start: ${error.message}`));
    ended = new Promise((resolve) => {
      const onEnd = (code: number | null, signal: NodeJS.Signals | null): void => {
        child = undefined;
        resolve();
        if (stopping) return;
        deaths += 1;
        const delay = backoff.next(Date.now() - startedAt);
        options.onDeath({ code, signal }, delay);
        restart = setTimeout(start, delay);
      };
      started.once("exit", onEnd);
      started.once("error", () => {
        if (started.pid === undefined) onEnd(null, null);
      });
    });
    if (started.pid !== undefined) options.onStart(started.pid, deaths > 0);
  };

  return {
    name: options.name,
    get pid() {
      return child?.pid;
    },
    get deaths() {
      return deaths;
    },
    start,
    kill: (signal) => child?.kill(signal) ?? false,
    hold: () => {
      const killed = child?.kill("SIGKILL") ?? false;
      held ||= killed;
      return killed;
    },
    release: () => {
      held = false;
      if (due) start();
    },
    stop: async (timeoutMs) => {
      stopping = true;
      clearTimeout(restart);
      child?.kill("SIGTERM");
      // A stopped (SIGSTOP) process would not see the SIGTERM.
      child?.kill("SIGCONT");
      const lastResort = setTimeout(() => child?.kill("SIGKILL"), timeoutMs);
      await ended;
      clearTimeout(lastResort);
    },
  };
}
