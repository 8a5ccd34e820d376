const PARENT_CHECK_MS = 1_000;

/**
 * Calls `stop` once, when the process is told to end: Ctrl-C, SIGTERM, a closed terminal, or the end of the npm that
 * runs it (which npm cannot pass on when it is killed outright). A second signal ends the process at once; its
 * children notice.
 */
export function onStopRequest(stop: (reason: string) => void): void {
  let asked = false;
  const ask = (reason: string): void => {
    if (asked) process.exit(1);
    asked = true;
    stop(reason);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, ask);
  if (process.env["npm_lifecycle_event"] === undefined) return;
  const parent = process.ppid;
  const check = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(check);
    if (!asked) ask("npm ended");
  }, PARENT_CHECK_MS);
  check.unref();
}
