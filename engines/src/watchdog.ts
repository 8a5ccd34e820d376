import { spawn } from "node:child_process";

// Waits until its standard input closes, which happens when this process ends in whatever way, then ends the other:
// politely first; woken, for a stopped one would never see the signal.
const SCRIPT = `
trap "" HUP INT TERM
read -r _
kill -TERM "$1" 2>/dev/null
kill -CONT "$1" 2>/dev/null
waited=0
while kill -0 "$1" 2>/dev/null && [ "$waited" -lt "$2" ]; do sleep 1; waited=$((waited + 1)); done
kill -KILL "$1" 2>/dev/null
`;

export interface Watched {
  readonly pid: number;
  /** What it is, for those who read the list of processes: "kafka", "envoy". */
  readonly engine: string;
  /** Between SIGTERM and SIGKILL. */
  readonly stopTimeoutMs: number;
}

/**
 * Makes a process end with this one even when this one is killed outright: a small shell beside it holds the other
 * end of a pipe. Returns the function that calls it off.
 */
export function watchOver({ pid, engine, stopTimeoutMs }: Watched): () => void {
  const args = [`ordermesh-${engine}-watchdog`, String(pid), String(Math.ceil(stopTimeoutMs / 1000))];
  const shell = spawn("/bin/sh", ["-c", SCRIPT, ...args], { stdio: ["pipe", "ignore", "ignore"], detached: true });
  // Without a shell there is no watchdog: what a killed process then leaves behind is for the next start to deal with.
  shell.on("error", () => undefined);
  shell.stdin.on("error", () => undefined);
  shell.unref();
  return () => {
    shell.kill("SIGKILL");
    shell.stdin.destroy();
  };
}
