import type { Broker, Cluster } from "kafkajs";
import { createKafkaClient, type KafkaClientOptions } from "./client.ts";

/** A member of a consumer group, as its coordinator lists it. */
export interface GroupMemberId {
  readonly memberId: string;
  readonly clientId: string;
}

/** What kafkajs's brokers can do beside what its types tell. */
interface Coordinator extends Broker {
  leaveGroup(request: { groupId: string; memberId: string }): Promise<unknown>;
}

/**
 * Makes members leave their group at once, as their session's end would later. One that is alive notices at its next
 * heartbeat and joins again.
 * @returns how many were removed
 * @throws when the group's coordinator cannot be reached or refuses
 */
export async function removeMembers(
  options: KafkaClientOptions,
  group: string,
  which: (member: GroupMemberId) => boolean,
): Promise<number> {
  const cluster = await clusterOf(options, group);
  await cluster.connect();
  try {
    await cluster.refreshMetadata();
    const coordinator = asCoordinator(await cluster.findGroupCoordinator({ groupId: group }));
    const { groups } = (await coordinator.describeGroups({ groupIds: [group] })) as {
      groups: readonly { readonly members: readonly GroupMemberId[] }[];
    };
    const chosen = groups.flatMap(({ members }) => members).filter(which);
    const removed = await Promise.all(chosen.map(({ memberId }) => leave(coordinator, group, memberId)));
    return removed.filter(Boolean).length;
  } finally {
    await cluster.disconnect();
  }
}

/** kafkajs has no call that removes others, but hands its view of the cluster to whoever assigns partitions. */
async function clusterOf(options: KafkaClientOptions, group: string): Promise<Cluster> {
  const client = await createKafkaClient(options);
  let found: Cluster | undefined;
  client.consumer({
    groupId: group,
    partitionAssigners: [
      ({ cluster }) => {
        found = cluster;
        return { name: "none", version: 0, assign: async () => [], protocol: () => ({ name: "", metadata: EMPTY }) };
      },
    ],
  });
  if (found === undefined) throw new TypeError("kafkajs no longer hands its cluster to partition assigners");
  return found;
}

const EMPTY = Buffer.alloc(0);

function asCoordinator(broker: Broker): Coordinator {
  if (!("leaveGroup" in broker) || typeof broker.leaveGroup !== "function") {
    throw new TypeError("kafkajs has another broker than 2.2.4: it cannot make a member leave its group");
  }
  return broker as Coordinator;
}

/** Whether the member was there until now. */
async function leave(coordinator: Coordinator, groupId: string, memberId: string): Promise<boolean> {
  try {
    await coordinator.leaveGroup({ groupId, memberId });
    return true;
  } catch (error) {
    if (error instanceof Error && "type" in error && error.type === "UNKNOWN_MEMBER_ID") return false;
    throw error;
  }
}
