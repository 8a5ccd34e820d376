import type { Admin } from "kafkajs";
import { topicBounds } from "./topic-bounds.ts";

/** Records of the topics that the group has not committed. Topics that do not exist count as empty. */
export async function readLag(admin: Admin, group: string, topics: readonly string[]): Promise<bigint> {
  const bounds = await topicBounds(admin, topics);
  const committed = await committedOffsets(admin, group);
  let lag = 0n;
  for (const [topic, partitions] of bounds) {
    for (const { partition, low, high } of partitions) {
      // What was removed before the group came to it is no record any more.
      const from = max(committed.get(`${topic}/${partition}`) ?? low, low);
      lag += max(high - from, 0n);
    }
  }
  return lag;
}

/** By topic and partition. Only what was ever committed is there. */
async function committedOffsets(admin: Admin, group: string): Promise<ReadonlyMap<string, bigint>> {
  const found = new Map<string, bigint>();
  // Asked for all topics at once: for topics by name kafkajs asks for metadata first, topic by topic.
  for (const { topic, partitions } of await admin.fetchOffsets({ groupId: group })) {
    for (const { partition, offset } of partitions) {
      if (BigInt(offset) >= 0n) found.set(`${topic}/${partition}`, BigInt(offset));
    }
  }
  return found;
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
