export interface FixedClock {
  /** Milliseconds since the epoch. */
  now(): number;
  date(): Date;
  advance(ms: number): void;
}

/** A clock that stands still until it is advanced. */
export function fixedClock(start: string | number | Date = "2026-01-01T00:00:00.000Z"): FixedClock {
  let now = new Date(start).getTime();
  return {
    now: () => now,
    date: () => new Date(now),
    advance: (ms) => {
      now += ms;
    },
  };
}
