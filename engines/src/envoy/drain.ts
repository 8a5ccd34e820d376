import { setTimeout as delay } from "node:timers/promises";
import type { EnvoyAdmin } from "./admin.ts";

const PAUSE_MS = 20;

export interface DrainOptions {
  readonly timeoutMs: number;
  /** Settles when the process has ended: nothing is left to wait for. */
  readonly exited: Promise<unknown>;
}

/**
 * Tells clients to go elsewhere, and waits until no request is under way or the time is over.
 * A proxy whose admin endpoint does not answer cannot be drained: it is left to be stopped.
 */
export async function drain(admin: EnvoyAdmin, { timeoutMs, exited }: DrainOptions): Promise<void> {
  const over = new AbortController();
  const end = () => over.abort();
  exited.then(end, end);
  const timer = setTimeout(end, timeoutMs);
  try {
    // Each connection is closed with its next answer; the listeners stay open so that nobody is refused meanwhile.
    await admin.post("/drain_listeners?graceful&skip_exit");
    while (!over.signal.aborted && (await requestsUnderWay(admin)) > 0) {
      await delay(PAUSE_MS, undefined, { signal: over.signal });
    }
  } catch (error) {
    if (!isOver(error)) throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function requestsUnderWay(admin: EnvoyAdmin): Promise<number> {
  const active = await admin.stats(/^http\.(?!admin\.).+\.downstream_rq_active$/);
  return active.values().reduce((sum, count) => sum + count, 0);
}

/** The time is over, or the proxy ended or hangs. */
function isOver(error: unknown): boolean {
  const { name, code } = error as Error & { readonly code?: unknown };
  return name === "AbortError" || code === "ENVOY_ADMIN_FAILED";
}
