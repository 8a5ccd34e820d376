// Remembers for a moment what no shard has, so that a client that asks for it again and again does not make every
// shard search again and again.

export interface NegativeCache {
  has(key: string): boolean;
  add(key: string): void;
  /** What was not there is there now. */
  delete(key: string): void;
}

export interface NegativeCacheOptions {
  readonly lifetimeMs: number;
  /** Beyond it the oldest is forgotten. */
  readonly maxEntries: number;
  /** Monotonic milliseconds; for tests. */
  readonly now?: () => number;
}

export function createNegativeCache(options: NegativeCacheOptions): NegativeCache {
  const { lifetimeMs, maxEntries, now = () => performance.now() } = options;
  // All live equally long, so that the order of insertion is the order in which they end.
  const ends = new Map<string, number>();

  return {
    has(key) {
      const end = ends.get(key);
      if (end === undefined) return false;
      if (end > now()) return true;
      ends.delete(key);
      return false;
    },
    add(key) {
      ends.delete(key);
      const oldest = ends.size >= maxEntries ? ends.keys().next() : undefined;
      if (oldest?.done === false) ends.delete(oldest.value);
      ends.set(key, now() + lifetimeMs);
    },
    delete(key) {
      ends.delete(key);
    },
  };
}
