// One deadline for many calls that all have the same time: a single timer, whatever their number.

export interface Deadlines {
  /** Calls `expire` once the time is over, unless the returned function is called before. */
  start(expire: () => void): () => void;
}

interface Entry {
  readonly atMs: number;
  readonly expire: () => void;
}

/** As all have the same time, the oldest is always the next to expire. */
export function createDeadlines(timeoutMs: number): Deadlines {
  const entries = new Set<Entry>();
  let timer: NodeJS.Timeout | undefined;

  function arm(entry: Entry, nowMs: number): void {
    timer = setTimeout(expireDue, Math.max(1, entry.atMs - nowMs));
  }

  function expireDue(): void {
    timer = undefined;
    const nowMs = performance.now();
    for (const entry of entries) {
      if (entry.atMs > nowMs) {
        arm(entry, nowMs);
        return;
      }
      entries.delete(entry);
      entry.expire();
    }
  }

  return {
    start(expire) {
      const nowMs = performance.now();
      const entry = { atMs: nowMs + timeoutMs, expire };
      entries.add(entry);
      if (timer === undefined) arm(entry, nowMs);
      return () => {
        entries.delete(entry);
        if (entries.size > 0) return;
        clearTimeout(timer);
        timer = undefined;
      };
    },
  };
}
