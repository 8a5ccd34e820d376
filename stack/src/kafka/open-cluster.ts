import { setTimeout as delay } from "node:timers/promises";
import { type Admin, Kafka, logLevel } from "kafkajs";
import { UserError } from "../user-error.ts";
import { grantAccess } from "./grant-access.ts";

const POLL_MS = 50;
const TIMEOUT_MS = 30_000;

export interface ClusterLogin {
  readonly addresses: readonly string[];
  readonly adminPassword: string;
  readonly signal: AbortSignal;
}

/** Makes brokers that have started ready for the services: all of them in the cluster, everyone with their rights. */
export async function openClusterToServices({ addresses, adminPassword, signal }: ClusterLogin): Promise<void> {
  const kafka = new Kafka({
    clientId: "stack",
    brokers: [...addresses],
    sasl: { mechanism: "scram-sha-512", username: "admin", password: adminPassword },
    // What matters of its log comes as the error of a call.
    logLevel: logLevel.NOTHING,
  });
  const admin = kafka.admin();
  await admin.connect();
  try {
    await waitForAll(admin, addresses.length, signal);
    await grantAccess(admin);
  } finally {
    await admin.disconnect();
  }
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
