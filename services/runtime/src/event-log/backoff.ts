const BASE_MS = 100;
const MAX_MS = 5_000;

/** Milliseconds to wait before the given attempt (1 = first repeat): doubling to 5 s, the upper half of it random. */
export function backoffMs(attempt: number, random: () => number = Math.random): number {
  const ceiling = Math.min(MAX_MS, BASE_MS * 2 ** Math.min(attempt - 1, 10));
  return ceiling / 2 + (ceiling / 2) * random();
}
