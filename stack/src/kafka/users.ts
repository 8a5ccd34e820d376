import { join } from "node:path";
import type { Layout } from "../data-folder/layout.ts";
import { writePrivateFile } from "../data-folder/private-file.ts";
import { type ServiceName, serviceNames } from "../processes/topology.ts";

/** Who logs in to the brokers: each service as itself, the supervisor and the tools as `admin`. */
export const kafkaUsers = [...serviceNames, "admin"] as const;
export type KafkaUser = (typeof kafkaUsers)[number];

/** The file with a user's password alone, for the URL of the event log. */
export function kafkaPasswordFile(layout: Layout, user: KafkaUser): string {
  return join(layout.root, `kafka-${user}.password`);
}

export async function writeKafkaPasswords(layout: Layout, passwords: Readonly<Record<string, string>>): Promise<void> {
  await Promise.all(
    kafkaUsers.map((user) => writePrivateFile(kafkaPasswordFile(layout, user), `${passwords[user] ?? ""}\n`)),
  );
}

/** The event log as each service's own user. */
export function kafkaServiceUrls(addresses: readonly string[], layout: Layout): Record<ServiceName, string> {
  const url = (name: ServiceName): string => kafkaUrl(addresses, layout, name);
  return {
    order: url("order"),
    payment: url("payment"),
    inventory: url("inventory"),
    notification: url("notification"),
  };
}

/** The event log as one of its users. */
export function kafkaUrl(addresses: readonly string[], layout: Layout, user: KafkaUser): string {
  const passwordFile = kafkaPasswordFile(layout, user);
  const query = new URLSearchParams({ sasl: "scram-sha-512", username: user, passwordFile });
  return `kafka://${addresses.join(",")}?${query}`;
}
