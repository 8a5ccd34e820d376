// What a user of the brokers may do, tried with a plain client: each call connects as the user of the URL.
import { readFile } from "node:fs/promises";
import { parseEventLogUrl } from "@ordermesh/runtime/event-log";
import { Kafka, logLevel } from "kafkajs";

async function connectAs(url: string): Promise<Kafka> {
  const address = parseEventLogUrl(url);
  if (address.driver !== "kafka" || address.sasl === undefined) throw new TypeError(`${url} names no user of Kafka`);
  const { username, passwordFile } = address.sasl;
  return new Kafka({
    clientId: "spec",
    brokers: [...address.brokers],
    sasl: { mechanism: "scram-sha-512", username, password: (await readFile(passwordFile, "utf8")).trim() },
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 50, maxRetryTime: 500, retries: 20 },
  });
}

export async function makeTopic(url: string, topic: string): Promise<void> {
  const admin = (await connectAs(url)).admin();
  await admin.connect();
  try {
    await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: false });
  } finally {
    await admin.disconnect();
  }
}

/** How many copies each partition of each topic has, without the brokers' own topics. */
export async function copiesOfTopics(url: string): Promise<Record<string, number[]>> {
  const admin = (await connectAs(url)).admin();
  await admin.connect();
  try {
    const { topics } = await admin.fetchTopicMetadata();
    const ours = topics.filter(({ name }) => !name.startsWith("__"));
    return Object.fromEntries(ours.map(({ name, partitions }) => [name, partitions.map((one) => one.replicas.length)]));
  } finally {
    await admin.disconnect();
  }
}

/** Appends one message, as an idempotent producer, which needs no more rights than to write. */
export async function produce(url: string, topic: string): Promise<void> {
  const producer = (await connectAs(url)).producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
  });
  await producer.connect();
  try {
    await producer.send({ topic, acks: -1, messages: [{ value: "1" }] });
  } finally {
    await producer.disconnect();
  }
}

/** Reads the topics as a member of the group. Resolves with "read" at the first message, or with why it was refused. */
export async function readTopics(url: string, groupId: string, topics: readonly string[]): Promise<string> {
  const consumer = (await connectAs(url)).consumer({ groupId, allowAutoTopicCreation: false });
  const outcome = Promise.withResolvers<string>();
  // After what passes, such as a coordinator that still loads, it goes on by itself.
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    if (!payload.restart) outcome.resolve(payload.error.message);
  });
  await consumer.connect();
  try {
    await consumer.subscribe({ topics: [...topics], fromBeginning: true });
    await consumer.run({ eachMessage: async () => outcome.resolve("read") });
    return await outcome.promise;
  } catch (error) {
    return (error as Error).message;
  } finally {
    await consumer.disconnect();
  }
}
