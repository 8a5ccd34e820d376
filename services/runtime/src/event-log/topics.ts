/** Partitions of every topic. Changing it for a topic that holds records would break the order per key. */
export const PARTITIONS_PER_TOPIC = 4;

const NAME = /^[A-Za-z0-9._-]{1,200}$/;

/**
 * Checks the name of a topic or a consumer group.
 * @throws TypeError when it is not one that every driver accepts
 */
export function assertLogName(what: "topic" | "group", name: string): void {
  if (!NAME.test(name)) {
    throw new TypeError(`${what} must be 1 to 200 of A-Z a-z 0-9 . _ -, got ${JSON.stringify(name)}`);
  }
}

/** The topic that holds the dead letters of `topic`. */
export function deadLetterTopic(topic: string): string {
  return `${topic}.dlq`;
}

/** Whether the topic holds dead letters. */
export function isDeadLetterTopic(topic: string): boolean {
  return topic.endsWith(".dlq");
}

/** The partition of a key: 32-bit FNV-1a over its UTF-16 code units, the same in every process and release. */
export function partitionOfKey(key: string, partitions = PARTITIONS_PER_TOPIC): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index += 1) {
    hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  }
  // The low bits of FNV mix least; fold the high half in before taking the remainder.
  return ((hash ^ (hash >>> 16)) >>> 0) % partitions;
}
