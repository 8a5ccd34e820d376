import { readFileSync } from "node:fs";

const CHECK_MS = 1_000;

/**
 * Calls `onEnd` when the npm that runs this command is gone. npm passes signals on, but not the SIGKILL that ends it,
 * and the shell between the two lives on. Does nothing when the command was not started by npm.
 */
export function watchNpm(onEnd: () => void): void {
  if (process.env["npm_lifecycle_event"] === undefined) return;
  const parent = process.ppid;
  const throughShell = nameOf(parent)?.startsWith("npm") === false;
  const above = throughShell ? parentOf(parent) : undefined;
  const check = setInterval(() => {
    if (process.ppid === parent && (above === undefined || parentOf(parent) === above)) return;
    clearInterval(check);
    onEnd();
  }, CHECK_MS);
  check.unref();
}

// Of /proc/<pid>/stat: the name in parentheses, the state, the parent. Undefined where there is no /proc.
function statusOf(pid: number): RegExpExecArray | undefined {
  try {
    return /^\d+ \((.*)\) \S (\d+) /s.exec(readFileSync(`/proc/${pid}/stat`, "utf8")) ?? undefined;
  } catch {
    return undefined;
  }
}

const nameOf = (pid: number): string | undefined => statusOf(pid)?.[1];

function parentOf(pid: number): number | undefined {
  const parent = statusOf(pid)?.[2];
  return parent === undefined ? undefined : Number(parent);
}
