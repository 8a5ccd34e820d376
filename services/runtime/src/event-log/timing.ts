import type { Backoff, PaceOptions } from "../batching/index.ts";

/** How every part of the log waits before it tries again. */
export const logBackoff: Backoff = { firstMs: 100, longestMs: 5_000 };

/** How far apart consumers begin batches: what comes closely together makes one, and in a rush they are larger (ADR 9). */
export const batchPace: PaceOptions = { idleMs: 5, busyMs: 100, quietPerSecond: 50, busyPerSecond: 1_200 };
