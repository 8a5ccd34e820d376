// How often and how long at worst one call is tried.

import { formatDuration } from "../files/values.ts";
import { longestPauseMs } from "../lint/retry-time.ts";
import type { EffectiveValues } from "../model/effective.ts";

export interface WorstCase {
  /** Tries, the first included. */
  readonly tries: number;
  /** Milliseconds until the caller has an answer; null: nothing ends the call. */
  readonly lastsMs: number | null;
  /** What sets the end: the timeout, or that all tries and pauses are over before it. */
  readonly endedBy: "timeout" | "tries" | "nothing";
}

/**
 * One caller's call through one proxy. Tries may be fewer: the timeout covers all of them, and a budget may refuse some.
 */
export function worstCase(values: EffectiveValues): WorstCase {
  const { timeoutMs, retryAttempts, retryPerTryMs, retryBackoffBaseMs: baseMs, retryBackoffMaxMs: maxMs } = values;
  const tries = 1 + retryAttempts;
  // Envoy sets no timer for a try that could not end before the timeout does.
  const perTryMs =
    retryAttempts === 0 || (timeoutMs !== null && (retryPerTryMs ?? 0) >= timeoutMs) ? null : retryPerTryMs;
  if (perTryMs !== null) {
    let allMs = tries * perTryMs;
    for (let retry = 1; retry <= retryAttempts; retry += 1) allMs += longestPauseMs(retry, { baseMs, maxMs });
    if (timeoutMs === null || allMs < timeoutMs) return { tries, lastsMs: allMs, endedBy: "tries" };
  }
  return { tries, lastsMs: timeoutMs, endedBy: timeoutMs === null ? "nothing" : "timeout" };
}

/** `worst case 3 tries, at most 800ms (the timeout)`. */
export function describeWorstCase({ tries, lastsMs, endedBy }: WorstCase): string {
  const count = tries === 1 ? "1 try" : `${tries} tries`;
  if (lastsMs === null) return `worst case ${count}, and nothing ends a call that hangs`;
  const by = endedBy === "timeout" ? "the timeout" : "every try and pause at its longest";
  return `worst case ${count}, at most ${formatDuration(lastsMs)} (${by})`;
}
