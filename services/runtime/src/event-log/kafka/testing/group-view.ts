import { Kafka, logLevel } from "kafkajs";
import { onTestFinished } from "vitest";

/** What the broker knows of groups, as an administrator sees it. */
export interface GroupView {
  /** Such as Stable or PreparingRebalance. */
  state(group: string): Promise<string>;
  clientIds(group: string): Promise<string[]>;
  /** The committed offset of each partition of a topic; -1 where nothing was committed. */
  committed(group: string, topic: string): Promise<number[]>;
}

/** A view that ends with the test. */
export async function openGroupView(addresses: readonly string[]): Promise<GroupView> {
  const admin = new Kafka({ brokers: [...addresses], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  onTestFinished(() => admin.disconnect());

  async function describe(group: string) {
    const { groups } = await admin.describeGroups([group]);
    return groups[0];
  }

  return {
    state: async (group) => (await describe(group))?.state ?? "Dead",
    clientIds: async (group) => ((await describe(group))?.members ?? []).map(({ clientId }) => clientId).sort(),
    async committed(group, topic) {
      const [found] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
      return (found?.partitions ?? [])
        .toSorted((a, b) => a.partition - b.partition)
        .map(({ offset }) => Number(offset));
    },
  };
}
