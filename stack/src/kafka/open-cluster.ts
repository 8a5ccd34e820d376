import { setTimeout as delay } from "node:timers/promises";
import { topics } from "@ordermesh/proto/topics";
import { deadLetterTopic } from "@ordermesh/runtime/event-log";
import { administerKafka } from "@ordermesh/runtime/kafka-administration";
import { createLogger } from "@ordermesh/runtime/logging";
import type { Admin } from "kafkajs";
import { UserError } from "../user-error.ts";
import { grantAccess } from "./grant-access.ts";

const POLL_MS = 50;
const TIMEOUT_MS = 30_000;

export interface ClusterLogin {
  /** The cluster's URL as its administrator. */
  readonly url: string;
  /** How many brokers it has when all are there. */
  readonly brokers: number;
  readonly signal: AbortSignal;
}

/** Makes brokers that have started ready for the services: all of them in the cluster, topics made, rights given. */
export async function openClusterToServices({ url, brokers, signal }: ClusterLogin): Promise<void> {
  // What matters of its log comes as the error of a call.
  const logger = createLogger({ name: "stack", instance: "stack", level: "silent" });
  await administerKafka({ url, clientId: "stack", logger }, async ({ admin, createTopics }) => {
    await waitForAll(admin, brokers, signal);
    await createTopics([...topics, ...topics.map(deadLetterTopic)]);
    await grantAccess(admin);
  });
}

// Topics made before would have fewer copies than there are brokers.
async function waitForAll(admin: Admin, expected: number, signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + TIMEOUT_MS;
  for (;;) {
    const { brokers } = await admin.describeCluster();
    if (brokers.length === expected) return;
    if (Date.now() > deadline) {
      const known = `${brokers.length} of ${expected} brokers`;
      throw new UserError("KAFKA_NOT_COMPLETE", `the Kafka cluster has only ${known} after ${TIMEOUT_MS / 1000} s`);
    }
    await delay(POLL_MS, undefined, { signal });
  }
}
