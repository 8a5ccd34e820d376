import type { KafkaMessage } from "kafkajs";
import { vi } from "vitest";
import type { KafkaConnection } from "../connection.ts";

/** The messages of a topic to its present end, in the order of each partition; independent of the log's own reader. */
export async function readTopic({ kafka, admin }: KafkaConnection, topic: string): Promise<KafkaMessage[]> {
  const ends = await (await admin()).fetchTopicOffsets(topic);
  const expected = ends.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0);
  const consumer = kafka.consumer({ groupId: `read-${topic}`, maxWaitTimeInMs: 200 });
  const messages: KafkaMessage[] = [];
  await consumer.connect();
  try {
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        messages.push(...batch.messages);
      },
    });
    await vi.waitUntil(() => messages.length >= expected, { timeout: 30_000, interval: 20 });
  } finally {
    await consumer.disconnect();
  }
  return messages;
}
