import type { LogRecord } from "../event-log/index.ts";

/** Counts how often the records at the head of each partition have failed. */
export interface Attempts {
  /** The number of this attempt, from 1: that of the partition which failed most. */
  next(records: readonly LogRecord[]): number;
  failed(records: readonly LogRecord[]): void;
  succeeded(records: readonly LogRecord[]): void;
}

export function createAttempts(): Attempts {
  const failures = new Map<string, { offset: bigint; count: number }>();

  function heads(records: readonly LogRecord[]): Map<string, bigint> {
    const found = new Map<string, bigint>();
    for (const { topic, partition, offset } of records) {
      const place = `${topic}/${partition}`;
      if (!found.has(place)) {
        found.set(place, offset);
      }
    }
    return found;
  }

  return {
    next(records) {
      if (failures.size === 0) {
        return 1;
      }
      const counts = [...heads(records)].map(([place, offset]) => {
        const failure = failures.get(place);
        return failure?.offset === offset ? failure.count : 0;
      });
      return Math.max(0, ...counts) + 1;
    },
    failed(records) {
      for (const [place, offset] of heads(records)) {
        const failure = failures.get(place);
        failures.set(place, { offset, count: failure?.offset === offset ? failure.count + 1 : 1 });
      }
    },
    succeeded(records) {
      if (failures.size > 0) {
        for (const place of heads(records).keys()) {
          failures.delete(place);
        }
      }
    },
  };
}
