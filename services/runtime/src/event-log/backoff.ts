import type { Backoff } from "../batching/index.ts";

/** How every part of the log waits before it tries again. */
export const logBackoff: Backoff = { firstMs: 100, longestMs: 5_000 };
