import type { Position } from "./group-store.ts";
import type { PartitionId } from "./topic-catalog.ts";

/** A partition as long as this member owns it. After a loss and a new claim it is another object. */
export interface OwnedPartition extends PartitionId {
  /** The next record to handle. */
  nextOffset: bigint;
  committedOffset: bigint;
  /** Failures in a row; above 0 the partition is handled apart from the others. */
  failures: number;
  /** Whether its records are being fetched or handled, or the partition is being given back. */
  busy: boolean;
  /** Whether it is to be given back as soon as it is not busy. */
  releasing: boolean;
}

/** What one member owns. */
export interface OwnedPartitions {
  add(positions: readonly Position[]): void;
  has(id: number): boolean;
  /** Whether this very ownership still stands. */
  holds(partition: OwnedPartition): boolean;
  drop(partition: OwnedPartition): void;
  dropAll(): void;
  all(): OwnedPartition[];
  /** Those that the main lane may read now. */
  healthy(): OwnedPartition[];
}

export function createOwnedPartitions(known: readonly PartitionId[]): OwnedPartitions {
  const identities = new Map(known.map((partition) => [partition.id, partition]));
  const owned = new Map<number, OwnedPartition>();
  return {
    add(positions) {
      for (const { id, nextOffset } of positions) {
        const identity = identities.get(id);
        if (identity !== undefined) {
          owned.set(id, {
            ...identity,
            nextOffset,
            committedOffset: nextOffset,
            failures: 0,
            busy: false,
            releasing: false,
          });
        }
      }
    },
    has: (id) => owned.has(id),
    holds: (partition) => owned.get(partition.id) === partition,
    drop(partition) {
      if (owned.get(partition.id) === partition) {
        owned.delete(partition.id);
      }
    },
    dropAll: () => owned.clear(),
    all: () => [...owned.values()],
    healthy: () => [...owned.values()].filter(({ failures, busy, releasing }) => failures === 0 && !busy && !releasing),
  };
}
