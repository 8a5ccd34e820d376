import { spawn } from "node:child_process";

// Waits until its standard input closes, which happens when this process ends in whatever way, then ends the broker:
// politely first; woken, for a stopped one would never see the signal.
const SCRIPT = `
trap "" HUP INT TERM
read -r _
kill -TERM "$1" 2>/dev/null
kill -CONT "$1" 2>/dev/null
waited=0
while kill -0 "$1" 2>/dev/null && [ "$waited" -lt 15 ]; do sleep 1; waited=$((waited + 1)); done
kill -KILL "$1" 2>/dev/null
`;

/**
 * Makes the broker end with this process even when this process is killed outright: a small shell beside the broker
 * holds the other end of a pipe. Returns the function that calls it off.
 */
export function watchOver(pid: number): () => void {
  const shell = spawn("/bin/sh", ["-c", SCRIPT, "ordermesh-kafka-watchdog", String(pid)], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  shell.on("error", () => undefined); // No shell here: an orphan is then dealt with at the next start.
  shell.stdin.on("error", () => undefined);
  shell.unref();
  return () => {
    shell.kill("SIGKILL");
    shell.stdin.destroy();
  };
}
