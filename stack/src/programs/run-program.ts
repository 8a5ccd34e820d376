import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";
import { onStopRequest } from "../commands/stop-signals.ts";
import type { StackState } from "../state.ts";
import { environmentOfProgram, type ServiceProgram } from "./service-programs.ts";

const wrapper = fileURLToPath(new URL("../child.ts", import.meta.url));

/**
 * Runs a program of a service on this terminal until it ends, and resolves with its exit code; 128 and the signal's
 * number when a signal ended it. It is told to stop when this process is, or ends.
 */
export async function runProgram(
  program: ServiceProgram,
  args: readonly string[],
  state: Pick<StackState, "serviceEnvironments">,
): Promise<number> {
  const child = spawn(process.execPath, [wrapper, program.file, ...args], {
    env: { ...process.env, ...environmentOfProgram(state, program) },
    stdio: ["inherit", "inherit", "inherit", "ipc"],
  });
  onStopRequest((reason) => {
    // A terminal tells both.
    if (reason !== "SIGINT" || !process.stdin.isTTY) child.kill("SIGTERM");
  });
  return exitCodeOf(child);
}

function exitCodeOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? "SIGKILL"]));
  });
}
