const FIRST_MS = 50;
const LONGEST_MS = 5_000;
const HEALTHY_MS = 10_000;

/** Delay before a restart: short after a long run, doubling for one that dies again and again. */
export function createBackoff(): { next(ranForMs: number): number } {
  let delay = FIRST_MS;
  return {
    next: (ranForMs) => {
      if (ranForMs >= HEALTHY_MS) delay = FIRST_MS;
      const current = delay;
      delay = Math.min(delay * 2, LONGEST_MS);
      return current;
    },
  };
}
