import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type KafkaCluster, startKafkaCluster } from "@ordermesh/engines/kafka";

export interface TestCluster extends KafkaCluster {
  /** Ends the brokers and removes their data. */
  remove(): Promise<void>;
}

/** Starts real brokers with their data in a temporary folder. */
export async function startTestCluster(
  options: Omit<Parameters<typeof startKafkaCluster>[0], "dataDir"> = {},
): Promise<TestCluster> {
  const dataDir = await mkdtemp(join(tmpdir(), "ordermesh-kafka-"));
  const removeData = () => rm(dataDir, { recursive: true, force: true });
  try {
    const cluster = await startKafkaCluster({ ...options, dataDir });
    return { ...cluster, remove: () => cluster.stop().finally(removeData) };
  } catch (error) {
    await removeData();
    throw error;
  }
}
