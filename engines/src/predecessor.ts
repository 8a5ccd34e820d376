import { execFile } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { EngineError, type EngineErrorCode } from "./engine-error.ts";

const run = promisify(execFile);
const STOP_MS = 15_000;
const KILL_MS = 5_000;
const PAUSE_MS = 100;

export interface Predecessor {
  /** Where the last start on the folder left its process id. */
  readonly pidFile: string;
  /** Tells it by its command line: the number may meanwhile belong to another program. */
  readonly isIt: (commandLine: string) => boolean;
  /** "a Kafka broker" */
  readonly what: string;
  /** The code of the error when it does not end. */
  readonly failure: EngineErrorCode;
}

/**
 * Ends what an earlier, killed supervisor left on the folder: it holds ports and locks. The caller has made sure that
 * no living supervisor owns the folder.
 * @throws EngineError with the code `failure`
 */
export async function endPredecessor({ pidFile, isIt, what, failure }: Predecessor): Promise<void> {
  const pid = Number.parseInt(await readFile(pidFile, "utf8").catch(() => ""), 10);
  const lives = async () => isIt(await commandLineOf(pid));
  if (Number.isInteger(pid) && pid > 1 && (await lives())) {
    signal(pid, "SIGTERM");
    signal(pid, "SIGCONT");
    if (!(await becomesFalse(lives, STOP_MS))) signal(pid, "SIGKILL");
    if (!(await becomesFalse(lives, KILL_MS))) {
      throw new EngineError(failure, `${what} (pid ${pid}), left over from before, does not end`);
    }
  }
  await rm(pidFile, { force: true });
}

/** Empty when there is no such process: ps fails then. */
async function commandLineOf(pid: number): Promise<string> {
  const listed = await run("ps", ["-ww", "-p", String(pid), "-o", "command="]).catch(() => ({ stdout: "" }));
  return listed.stdout.trimEnd();
}

async function becomesFalse(condition: () => Promise<boolean>, ms: number): Promise<boolean> {
  for (const end = Date.now() + ms; Date.now() < end; await delay(PAUSE_MS)) if (!(await condition())) return true;
  return !(await condition());
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error; // It has ended meanwhile.
  }
}
