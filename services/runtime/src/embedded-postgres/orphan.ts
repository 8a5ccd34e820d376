import { execFile } from "node:child_process";
import { readFile, readlink, realpath, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);
const FAST_STOP_MS = 15_000;
const IMMEDIATE_STOP_MS = 5_000;

/**
 * Ends what an earlier, killed supervisor left on the data folder: a server that still runs is stopped, and a pid file
 * whose number meanwhile belongs to another program is removed (the server itself would take it for a living one).
 * The caller has made sure that no living supervisor owns the folder.
 */
export async function clearPrevious(dataDir: string): Promise<"none" | "stopped" | "stale"> {
  const pidFile = join(dataDir, "postmaster.pid");
  const text = await readFile(pidFile, "utf8").catch(() => "");
  const pid = Number.parseInt(text, 10);
  if (!Number.isInteger(pid) || pid <= 1) return "none";
  if (!isAlive(pid) || !(await isServerOf(pid, dataDir))) {
    await rm(pidFile, { force: true });
    return "stale";
  }
  process.kill(pid, "SIGINT");
  if (!(await endsWithin(pid, FAST_STOP_MS))) {
    process.kill(pid, "SIGQUIT");
    if (!(await endsWithin(pid, IMMEDIATE_STOP_MS))) {
      throw new Error(`PostgreSQL (pid ${pid}), left over on ${dataDir}, does not stop`);
    }
  }
  return "stopped";
}

/** Whether a process of that id exists, ours or not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

async function isServerOf(pid: number, dataDir: string): Promise<boolean> {
  if (process.platform === "linux") {
    const folder = await readlink(`/proc/${pid}/cwd`).catch(() => undefined);
    return folder !== undefined && folder === (await realpath(dataDir));
  }
  const listed = await run("ps", ["-p", String(pid), "-o", "command="]).catch(() => ({ stdout: "" }));
  return listed.stdout.includes("postgres") && listed.stdout.includes(dataDir);
}

async function endsWithin(pid: number, ms: number): Promise<boolean> {
  for (const end = Date.now() + ms; Date.now() < end; await delay(25)) if (!isAlive(pid)) return true;
  return !isAlive(pid);
}
