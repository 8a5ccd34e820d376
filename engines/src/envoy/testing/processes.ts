import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The command lines of all processes that contain the text, the one that asks excepted. */
export async function processesWith(text: string): Promise<string[]> {
  const { stdout } = await run("ps", ["-ww", "-A", "-o", "pid=,stat=,args="]);
  return stdout.split("\n").filter((line) => line.includes(text) && !/^\s*\d+\s+Z/.test(line));
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
    throw error;
  }
}
