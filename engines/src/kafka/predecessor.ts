import { execFile } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { EngineError } from "./engine-error.ts";

const run = promisify(execFile);
const STOP_MS = 15_000;
const KILL_MS = 5_000;
const PAUSE_MS = 100;

/**
 * Ends a broker that an earlier, killed supervisor left on the folder: it holds the ports and the lock of the data.
 * The caller has made sure that no living supervisor owns the folder.
 */
export async function endPredecessor(pidFile: string, propertiesFile: string): Promise<void> {
  const pid = Number.parseInt(await readFile(pidFile, "utf8").catch(() => ""), 10);
  const lives = () => isBrokerOf(pid, propertiesFile);
  if (Number.isInteger(pid) && pid > 1 && (await lives())) {
    signal(pid, "SIGTERM");
    signal(pid, "SIGCONT");
    if (!(await becomesFalse(lives, STOP_MS))) signal(pid, "SIGKILL");
    if (!(await becomesFalse(lives, KILL_MS))) {
      throw new EngineError("KAFKA_START_FAILED", `a Kafka broker (pid ${pid}), left over from before, does not end`);
    }
  }
  await rm(pidFile, { force: true });
}

/** The number may meanwhile belong to another program. */
async function isBrokerOf(pid: number, propertiesFile: string): Promise<boolean> {
  // ps fails when there is no such process.
  const listed = await run("ps", ["-ww", "-p", String(pid), "-o", "command="]).catch(() => ({ stdout: "" }));
  return listed.stdout.trimEnd().endsWith(`kafka.Kafka ${propertiesFile}`);
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
