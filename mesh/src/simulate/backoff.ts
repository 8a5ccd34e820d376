// The pause before a retry. Source: Envoy's "fully jittered exponential back-off", whose intervals were measured on
// 1.40: the first, doubled with each retry, and the longest as soon as doubling would pass it.
import type { EffectiveValues } from "../model/effective.ts";

/** @returns by retry, the end of the interval from 0 in which its pause lies, in whole milliseconds */
export function backoffsOf({
  retryAttempts,
  retryBackoffBaseMs,
  retryBackoffMaxMs,
}: Pick<EffectiveValues, "retryAttempts" | "retryBackoffBaseMs" | "retryBackoffMaxMs">): number[] {
  const intervals: number[] = [];
  let interval = Math.max(1, retryBackoffBaseMs);
  for (let retry = 0; retry < retryAttempts; retry++) {
    intervals.push(interval);
    interval = interval < Math.floor(retryBackoffMaxMs / 2) ? interval * 2 : Math.max(1, retryBackoffMaxMs);
  }
  return intervals;
}
