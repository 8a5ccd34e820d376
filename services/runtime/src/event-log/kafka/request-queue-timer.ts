import { createRequire } from "node:module";

/** What is used of kafkajs's internal request queue, one per connection to a broker. */
interface RequestQueue {
  pending: unknown[];
  throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  checkPendingRequests(): void;
  scheduleCheckPendingRequests(): void;
}

const PENDING_CHECK_MS = 10;
let stopped = false;

/**
 * kafkajs 2.2.4 re-arms a timer of 1 ms on every connection for ever, also when nothing is queued (the
 * TimeoutNegativeWarning of Node; about 1,000 wake-ups a second per process). Replaces the method that does it by one
 * that sets the timer only while requests wait. Fails loudly when the library no longer has what is replaced.
 */
export function stopIdleTimers(): void {
  if (stopped) return;
  const { prototype } = createRequire(import.meta.url)("kafkajs/src/network/requestQueue") as {
    prototype: RequestQueue;
  };
  if (typeof prototype.scheduleCheckPendingRequests !== "function") {
    throw new TypeError("kafkajs has another request queue than 2.2.4: check whether its idle timers need stopping");
  }
  prototype.scheduleCheckPendingRequests = function schedule(this: RequestQueue) {
    if (this.throttleCheckTimeoutId !== null || this.pending.length === 0) return;
    const waitMs = Math.max(this.throttledUntil - Date.now(), PENDING_CHECK_MS);
    this.throttleCheckTimeoutId = setTimeout(() => {
      this.throttleCheckTimeoutId = null;
      this.checkPendingRequests();
    }, waitMs);
  };
  stopped = true;
}
