// How long tries and the pauses between them take at most.
import { formatDuration } from "../files/values.ts";

/** As much of the effective values as the arithmetic needs. */
export interface RetryTimes {
  readonly attempts: number;
  readonly perTryMs: number;
  readonly baseMs: number;
  readonly maxMs: number;
}

/**
 * The longest pause before a retry, in milliseconds.
 *
 * @param retry 1 for the first. Envoy draws it from 0 to base × (2ⁿ − 1), and at most the longest pause
 * @see https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/router_filter
 */
export function longestPauseMs(retry: number, { baseMs, maxMs }: Pick<RetryTimes, "baseMs" | "maxMs">): number {
  return Math.min(baseMs * (2 ** retry - 1), maxMs);
}

/** All tries to their end and all pauses at their longest, in milliseconds. */
export function longestMs(times: RetryTimes): number {
  return (times.attempts + 1) * times.perTryMs + sumOfPauses(times, times.attempts);
}

/** How many tries come to an end within the timeout when each takes its full time. */
export function triesThatFit(times: RetryTimes, timeoutMs: number): number {
  let tries = 0;
  while (tries <= times.attempts && longestMs({ ...times, attempts: tries }) <= timeoutMs) tries += 1;
  return tries;
}

/** `3 × 250ms + pauses of 10ms + 30ms = 790ms`. */
export function describeTries(times: RetryTimes): string {
  const pauses = Array.from({ length: times.attempts }, (_, index) => longestPauseMs(index + 1, times));
  const tries = `${times.attempts + 1} × ${formatDuration(times.perTryMs)}`;
  return `${tries} + pauses of up to ${pauses.map(formatDuration).join(" + ")} = ${formatDuration(longestMs(times))}`;
}

function sumOfPauses(times: RetryTimes, retries: number): number {
  let sum = 0;
  for (let retry = 1; retry <= retries; retry += 1) sum += longestPauseMs(retry, times);
  return sum;
}
