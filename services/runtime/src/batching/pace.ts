export interface PaceOptions {
  /** Milliseconds between the starts of rounds while little passes. */
  readonly idleMs: number;
  /** Milliseconds between the starts of rounds while much passes, so that each carries more. */
  readonly busyMs: number;
  /** Items per second from which on it is much. */
  readonly busyPerSecond: number;
  /** Monotonic milliseconds; for tests. */
  readonly now?: () => number;
}

export interface Pace {
  /** A round has carried so many items. */
  passed(items: number): void;
  /** How far apart rounds should start now, in milliseconds. */
  intervalMs(): number;
}

/** How long what passed is remembered: short enough to be quick again soon after a rush. */
const MEMORY_MS = 500;

/**
 * Tells how far apart rounds should start. A round has a fixed cost in CPU (statements, commits, wake-ups of other
 * processes), so a busy process does fewer and larger ones, while a quiet one answers at once.
 */
export function createPace({ idleMs, busyMs, busyPerSecond, now = () => performance.now() }: PaceOptions): Pace {
  const muchInMemory = (busyPerSecond * MEMORY_MS) / 1000;
  let remembered = 0;
  let rememberedAt = now();

  /** What passed, fading with time. */
  const recent = (): number => remembered * Math.exp((rememberedAt - now()) / MEMORY_MS);

  return {
    passed(items) {
      remembered = recent() + items;
      rememberedAt = now();
    },
    intervalMs: () => (recent() > muchInMemory ? busyMs : idleMs),
  };
}
