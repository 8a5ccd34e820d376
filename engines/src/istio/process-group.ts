import { type SpawnOptions, spawn } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { watchOver } from "../watchdog.ts";
import type { Exit } from "./model.ts";

const PAUSE_MS = 10;
const GONE_MS = 500;

export interface GroupToStart {
  readonly file: string;
  readonly args: readonly string[];
  /** What it is, for those who read the list of processes. */
  readonly engine: string;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly stdio: SpawnOptions["stdio"];
  /** Between SIGTERM and SIGKILL. */
  readonly stopTimeoutMs: number;
}

/** A process with those that it starts: go with its compilers, pilot-agent with its Envoy. */
export interface ProcessGroup {
  /** Of the first process, and of the group. */
  readonly pid: number;
  /** Of the first process. */
  readonly exited: Promise<Exit>;
  /** To all of them. Does nothing when all have ended. */
  kill(signal: NodeJS.Signals): void;
  /** SIGTERM to the first, SIGKILL to all when the time is over. Resolves when all have ended; what the first leaves ends with it. */
  stop(): Promise<void>;
}

/**
 * Starts a process in a group of its own, which a Ctrl-C in the terminal does not reach. The group ends with this
 * process, however this process ends.
 * @throws Error when the program cannot be run
 */
export async function startGroup(options: GroupToStart): Promise<{
  readonly group: ProcessGroup;
  readonly stdout: NodeJS.ReadableStream | null;
  readonly stderr: NodeJS.ReadableStream | null;
}> {
  const { file, args, engine, cwd, env, stdio, stopTimeoutMs } = options;
  const child = spawn(file, args, { cwd, env, stdio, detached: true });
  const exited = new Promise<Exit>((resolve, reject) => {
    child.once("error", reject);
    // Not "close": that waits for those too which it started, and which hold its output.
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
  const { pid } = child;
  if (pid === undefined) return exited.then(() => Promise.reject(new Error(`${file} has no process id`)));
  // A negative number is the whole group, to `kill` as to the system call.
  const callOff = watchOver({ pid: -pid, engine, stopTimeoutMs });
  // Its number may be another's later: from then on nothing is sent to it.
  let over = false;
  const gone = exited.then(async () => {
    await endTheRest(pid);
    over = true;
    callOff();
  });
  gone.catch(callOff); // Whoever stops it hears of it.
  const group: ProcessGroup = {
    pid,
    exited,
    kill: (signal) => void (over || signalGroup(pid, signal)),
    stop: async () => {
      child.kill("SIGTERM");
      // One that was stopped by a signal sees no other until it goes on.
      if (!over) signalGroup(pid, "SIGCONT");
      const timer = setTimeout(() => signalGroup(pid, "SIGKILL"), stopTimeoutMs);
      await exited.finally(() => clearTimeout(timer));
      await gone;
    },
  };
  return { group, stdout: child.stdout, stderr: child.stderr };
}

/** Those whose first process has ended without them have no reason to be. */
async function endTheRest(pid: number): Promise<void> {
  // Bounded: where nobody collects the dead, they keep their group.
  const deadline = Date.now() + GONE_MS;
  while (signalGroup(pid, "SIGKILL") && Date.now() < deadline) await delay(PAUSE_MS);
}

/** Whether there is anybody left to hear it. */
function signalGroup(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
    throw error;
  }
}
