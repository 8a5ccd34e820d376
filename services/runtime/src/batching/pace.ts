export interface PaceOptions {
  /** Milliseconds between the starts of rounds while little passes. */
  readonly idleMs: number;
  /** Milliseconds between the starts of rounds while much passes, so that each carries more. */
  readonly busyMs: number;
  /** Items per second up to which it is little. */
  readonly quietPerSecond: number;
  /** Items per second from which on it is much; in between the interval grows, slowly at first. */
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

/** Above 1, so that a moderate rate is answered nearly as quickly as a low one. */
const STEEPNESS = 1.5;

/** How long what passed is remembered: short enough to be quick again soon after a rush. */
const MEMORY_MS = 500;

/**
 * Tells how far apart rounds should start. A round has a fixed cost in CPU (statements, commits, wake-ups of other
 * processes), so a busy process does fewer and larger ones, while a quiet one answers at once. The interval grows
 * between the two: with a step, a machine that is slowed down below it would do more rounds, and be slower still.
 */
export function createPace(options: PaceOptions): Pace {
  const { idleMs, busyMs, quietPerSecond, busyPerSecond, now = () => performance.now() } = options;
  let remembered = 0;
  let rememberedAt = now();

  /** What passed, fading with time. */
  const recent = (): number => remembered * Math.exp((rememberedAt - now()) / MEMORY_MS);

  return {
    passed(items) {
      remembered = recent() + items;
      rememberedAt = now();
    },
    intervalMs() {
      const perSecond = (recent() * 1000) / MEMORY_MS;
      const share = (perSecond - quietPerSecond) / (busyPerSecond - quietPerSecond);
      return idleMs + (busyMs - idleMs) * Math.min(1, Math.max(0, share)) ** STEEPNESS;
    },
  };
}
