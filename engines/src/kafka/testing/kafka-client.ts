import kafkajs from "kafkajs";

export interface Login {
  readonly username: string;
  readonly password: string;
  readonly ca?: string;
}

/** A client that says nothing, and gives up after about ten seconds; with few retries where a refusal is expected. */
export function connectTo(brokers: readonly string[], login?: Login, retries = 20): kafkajs.Kafka {
  return new kafkajs.Kafka({
    brokers: [...brokers],
    logLevel: kafkajs.logLevel.NOTHING,
    retry: { initialRetryTime: 100, maxRetryTime: 500, retries },
    ...(login && { sasl: { mechanism: "scram-sha-512", username: login.username, password: login.password } }),
    ...(login?.ca !== undefined && { ssl: { ca: [login.ca] } }),
  });
}

export async function withAdmin<T>(kafka: kafkajs.Kafka, work: (admin: kafkajs.Admin) => Promise<T>): Promise<T> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

export async function send(kafka: kafkajs.Kafka, topic: string, values: readonly string[]): Promise<void> {
  const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  try {
    await producer.connect();
    await producer.send({ topic, acks: -1, messages: values.map((value) => ({ value, partition: 0 })) });
  } finally {
    await producer.disconnect();
  }
}

/** Reads the first so many values of a topic of one partition. */
export async function receive(kafka: kafkajs.Kafka, topic: string, count: number, group: string): Promise<string[]> {
  const consumer = kafka.consumer({ groupId: group });
  const values: string[] = [];
  try {
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      // With `restart` kafkajs goes on by itself: so it deals with a coordinator that is still loading.
      consumer.on("consumer.crash", ({ payload }) => payload.restart || reject(payload.error));
      const eachMessage = async ({ message }: kafkajs.EachMessagePayload) => {
        values.push(message.value?.toString() ?? "");
        if (values.length === count) resolve();
      };
      consumer.run({ eachMessage }).catch(reject);
    });
  } finally {
    await consumer.disconnect();
  }
  return values;
}
