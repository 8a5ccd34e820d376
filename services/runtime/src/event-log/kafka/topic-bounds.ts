import type { Admin } from "kafkajs";

/** What a partition holds: offsets from `low` up to but not including `high`. */
export interface PartitionBounds {
  readonly partition: number;
  readonly low: bigint;
  readonly high: bigint;
}

/** The bounds of all partitions of those of the topics that exist. Rejects when a partition has no leader. */
export async function topicBounds(
  admin: Admin,
  topics: readonly string[],
): Promise<ReadonlyMap<string, readonly PartitionBounds[]>> {
  const existing = new Set(await admin.listTopics());
  const bounds = new Map<string, readonly PartitionBounds[]>();
  for (const topic of topics) {
    if (!existing.has(topic)) continue;
    const offsets = await admin.fetchTopicOffsets(topic);
    bounds.set(
      topic,
      offsets.map(({ partition, low, high }) => ({ partition, low: BigInt(low), high: BigInt(high) })),
    );
  }
  return bounds;
}
