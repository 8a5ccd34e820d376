export interface Backoff {
  /** Longest wait before the first repeat, in milliseconds. */
  readonly firstMs: number;
  /** Longest wait before any repeat, in milliseconds. */
  readonly longestMs: number;
}

/**
 * Milliseconds to wait before the given attempt (1 = first repeat): doubling up to `longestMs`, the upper half of it
 * random, so that replicas spread.
 */
export function backoffMs(
  attempt: number,
  { firstMs, longestMs }: Backoff,
  random: () => number = Math.random,
): number {
  const ceiling = Math.min(longestMs, firstMs * 2 ** (attempt - 1));
  return ceiling / 2 + (ceiling / 2) * random();
}
