import { createLogger } from "../../../logging/index.ts";
import type { EventLogHarness } from "../../contract/harness.ts";
import { openEventLog } from "../../open.ts";
import { openKafkaConnection } from "../connection.ts";
import { removeMembers } from "../members.ts";
import { startTestCluster } from "./test-cluster.ts";

/** One broker of its own, because the contract ends it. */
export async function startKafkaHarness(): Promise<EventLogHarness> {
  const cluster = await startTestCluster();
  const logger = createLogger({ name: "event-log", instance: "spec", level: "fatal" });
  const options = { url: cluster.url };
  return {
    options,
    open: (clientId) => openEventLog({ ...options, clientId, logger }),
    async expireLeases(clientId) {
      const connection = await openKafkaConnection({
        address: { brokers: cluster.addresses },
        clientId: "lease-breaker",
        logger,
      });
      try {
        const { groups } = await (await connection.admin()).listGroups();
        // The contract knows the client, not its group.
        let removed = 0;
        for (const { groupId } of groups) {
          removed += await removeMembers(connection, groupId, (member) => member.clientId === clientId);
        }
        if (removed === 0) throw new Error(`no group has a member of ${clientId}`);
      } finally {
        await connection.close();
      }
    },
    async restartBroker() {
      await cluster.kill("kafka-1");
      await cluster.restart("kafka-1");
    },
    stop: () => cluster.remove(),
  };
}
