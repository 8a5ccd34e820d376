// Says in the log that a service does not answer, at most once a second for each method: under load an outage makes
// thousands of equal failures.
import type { Logger } from "@ordermesh/runtime/logging";

const QUIET_MS = 1_000;

export class OutageLog {
  private readonly logger: Logger;
  private readonly now: () => number;
  private readonly last = new Map<string, { loggedMs: number; failures: number }>();

  /** `now` gives milliseconds. */
  constructor(logger: Logger, now: () => number = Date.now) {
    this.logger = logger;
    this.now = now;
  }

  /** Notes that a call of `method` failed with `code`. */
  note(method: string, code: string, requestId: string): void {
    const entry = this.last.get(method) ?? { loggedMs: Number.NEGATIVE_INFINITY, failures: 0 };
    this.last.set(method, entry);
    entry.failures++;
    const now = this.now();
    if (now - entry.loggedMs < QUIET_MS) return;
    this.logger.warn({ method, code, requestId, failures: entry.failures }, "a service does not answer");
    entry.loggedMs = now;
    entry.failures = 0;
  }
}
