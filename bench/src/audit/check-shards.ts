// Invariants 1 and 5 over shards: every bucket has one owner, no order is shown twice, nothing is left behind or parked.
import { bucketOfId } from "@ordermesh/runtime/ids";
import { allBuckets } from "../measuring/ownership.ts";
import type { Report } from "./findings.ts";
import type { OrderSnapshots } from "./open-snapshots.ts";
import type { ShardFilter } from "./shard-rows.ts";

/** Reports buckets that no shard has, or several. */
export function checkBuckets({ shards, ownership }: OrderSnapshots, report: Report): void {
  for (const bucket of allBuckets) {
    const owners = ownership.ownersOf(bucket);
    if (owners.length === 0) report(1, "bucket-without-owner", String(bucket), "no shard has it OWNED or FENCED");
    if (owners.length > 1) {
      const names = owners.map((owner) => shards[owner]?.name).join(", ");
      report(1, "bucket-with-two-owners", String(bucket), `each of ${names} has it OWNED or FENCED`);
    }
  }
}

export interface PassedOver {
  /** The filter for rows of one kind, such as orders or lines. */
  filterFor(kind: string): ShardFilter;
  /** Reports the rows that no move is working on, summed by shard and bucket. */
  reportLeftOver(): void;
}

/** Watches what is passed over when the rows of the shards are merged. */
export function watchPassedOver({ shards, ownership }: OrderSnapshots, report: Report): PassedOver {
  const leftOver = new Map<string, Map<string, number>>();
  const nameOf = (shard: number): string => shards[shard]?.name ?? String(shard);
  const note = (shard: number, bucket: number, kind: string): void => {
    const place = `${nameOf(shard)}/${bucket}`;
    const kinds = leftOver.get(place) ?? new Map<string, number>();
    leftOver.set(place, kinds.set(kind, (kinds.get(kind) ?? 0) + 1));
  };
  return {
    filterFor: (kind) => ({
      shows: (shard, orderId) => {
        const bucket = bucketOfId(orderId);
        if (ownership.shows(shard, bucket)) return true;
        // Copies of a move under way, and what it will clean.
        if (!ownership.knows(shard, bucket)) note(shard, bucket, kind);
        return false;
      },
      twice: (shard, orderId) =>
        report(1, "order-in-two-shards", orderId, `${nameOf(shard)} shows ${kind} of it, as another shard does`),
    }),
    reportLeftOver: () => {
      for (const [place, kinds] of leftOver) {
        const counts = [...kinds].map(([kind, count]) => `${count} ${kind}`).join(", ");
        report(1, "rows-left-over", place, `the shard has nothing to do with the bucket, and has ${counts}`);
      }
    },
  };
}

const oldParked = `
  SELECT consumer_group, event_id::text, log_partition, log_offset::text,
         extract(epoch FROM clock_timestamp() - create_time)::float8 AS age_s
  FROM parked_event WHERE create_time < $1 ORDER BY create_time LIMIT 1000`;

interface ParkedRow extends Record<string, unknown> {
  readonly consumer_group: string;
  readonly event_id: string;
  readonly log_partition: number;
  readonly log_offset: string;
  readonly age_s: number;
}

/** Reports events that were parked before `oldest`, for a shard that was away, and are still not applied. */
export async function checkParked({ shards }: OrderSnapshots, oldest: Date, report: Report): Promise<void> {
  for (const { name, snapshot } of shards) {
    for (const row of await snapshot.query<ParkedRow>(oldParked, [oldest])) {
      const { consumer_group: group, event_id: event, log_partition: partition, log_offset: offset, age_s: age } = row;
      const detail = `the event at ${partition}@${offset} of its topic waits for ${age.toFixed(1)} s`;
      report(5, "parked-event-too-old", `${name}/${group}/${event}`, detail);
    }
  }
}
