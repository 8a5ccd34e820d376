import { watchNpm } from "./npm-watch.ts";

// A Ctrl-C that npm passes on arrives twice.
const SAME_REQUEST_MS = 1_000;

/**
 * Calls `stop` once, when the process is told to end: Ctrl-C, SIGTERM, a closed terminal, or the end of the npm that
 * runs it. A second signal, later, ends the process at
 * once; its children notice.
 */
export function onStopRequest(stop: (reason: string) => void): void {
  let askedAt: number | undefined;
  const ask = (reason: string): void => {
    if (askedAt !== undefined) return;
    askedAt = Date.now();
    stop(reason);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (askedAt !== undefined && Date.now() - askedAt > SAME_REQUEST_MS) process.exit(1);
      ask(signal);
    });
  }
  watchNpm(() => ask("npm ended"));
}
