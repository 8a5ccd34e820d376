import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { EngineError, type EngineErrorCode } from "../engine-error.ts";
import type { Exit } from "./model.ts";
import { type ProcessGroup, startGroup } from "./process-group.ts";

const PAUSE_MS = 25;
const TAIL_LINES = 25;

export interface DaemonToStart {
  /** For people, and of its log file. */
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  /** It runs in it, and its log is there. */
  readonly folder: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly stopTimeoutMs: number;
  /** The code of the error when it does not start. */
  readonly failure: EngineErrorCode;
  readonly readyTimeoutMs: number;
  /** Undefined when it is ready, else what is missing still. */
  readonly missing: () => Promise<string | undefined>;
}

/** A program that goes on until it is stopped. */
export interface Daemon extends ProcessGroup {
  readonly name: string;
  readonly logFile: string;
}

/**
 * Starts a program and resolves when it is ready. It ends with this process, however this process ends.
 * @throws EngineError with the code `failure` and the end of what the program said
 */
export async function startDaemon(options: DaemonToStart): Promise<Daemon> {
  const { name, file, args, folder, env, stopTimeoutMs, failure } = options;
  const logFile = join(folder, `${name}.log`);
  const log = await open(logFile, "w", 0o600);
  try {
    // The log is handed over, not piped: a program that outlives this process for a moment can still write.
    const { group } = await startGroup({
      ...{ file, args, stopTimeoutMs, engine: name, cwd: folder },
      env: { ...bareEnvironment(folder), ...env },
      stdio: ["ignore", log.fd, log.fd],
    });
    const daemon: Daemon = { ...group, name, logFile };
    try {
      await waitUntilReady(daemon, options);
    } catch (error) {
      daemon.kill("SIGKILL");
      await daemon.stop();
      throw error;
    }
    return daemon;
  } catch (cause) {
    if (cause instanceof EngineError) throw cause;
    throw new EngineError(failure, `${name} did not start: ${(cause as Error).message}`, { cause });
  } finally {
    await log.close();
  }
}

/** Nothing of the person's own that could change what the programs do: proxies, a real cluster, Istio's own variables. */
export function bareEnvironment(home: string): NodeJS.ProcessEnv {
  return { PATH: process.env["PATH"], HOME: home, TMPDIR: home, LC_ALL: "C" };
}

async function waitUntilReady(daemon: Daemon, options: DaemonToStart): Promise<void> {
  const { name, failure, readyTimeoutMs, missing } = options;
  let exit: Exit | undefined;
  const noteExit = (ended: Exit) => {
    exit = ended;
  };
  daemon.exited.then(noteExit, () => noteExit({ code: null, signal: null }));
  const deadline = Date.now() + readyTimeoutMs;
  for (;;) {
    // Asked first: what answers may be another program, that has the port which this one found taken.
    if (exit !== undefined) {
      const end = exit.signal === null ? `exit code ${exit.code}` : `signal ${exit.signal}`;
      throw new EngineError(failure, `${name} ended before it was ready (${end}): ${await tailOf(daemon.logFile)}`);
    }
    const lacking = await missing();
    if (lacking === undefined && exit === undefined) return;
    if (lacking !== undefined && Date.now() > deadline) {
      const late = `${name} was not ready within ${readyTimeoutMs / 1000} s`;
      throw new EngineError(failure, `${late}: ${lacking}. It said: ${await tailOf(daemon.logFile)}`);
    }
    await delay(PAUSE_MS);
  }
}

async function tailOf(logFile: string): Promise<string> {
  const lines = (await readFile(logFile, "utf8")).trim().split("\n");
  return lines.slice(-TAIL_LINES).join("\n") || "nothing";
}
