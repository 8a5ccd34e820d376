import type { Admin, Kafka } from "kafkajs";
import { createKafkaClient, type KafkaClientOptions } from "./client.ts";

/** What all parts of one log share: the client and an admin that connects when it is first needed. */
export interface KafkaConnection extends KafkaClientOptions {
  readonly kafka: Kafka;
  /** The admin client, connected. Rejects while the cluster cannot be reached; the next call tries anew. */
  admin(): Promise<Admin>;
  close(): Promise<void>;
}

export async function openKafkaConnection(options: KafkaClientOptions): Promise<KafkaConnection> {
  const kafka = await createKafkaClient(options);
  let admin: Promise<Admin> | undefined;

  async function connect(): Promise<Admin> {
    const created = kafka.admin();
    try {
      await created.connect();
      return created;
    } catch (error) {
      admin = undefined;
      throw error;
    }
  }

  return {
    ...options,
    kafka,
    admin() {
      admin ??= connect();
      return admin;
    },
    async close() {
      const connected = await admin?.catch(() => undefined);
      await connected?.disconnect();
    },
  };
}
