import { execFile } from "node:child_process";
import { rename, rm, stat } from "node:fs/promises";
import { promisify } from "node:util";
import { EngineError } from "../engine-error.ts";
import { writePrivateFile } from "../private-file.ts";
import type { ClusterState } from "./cluster-state.ts";
import { javaCommand } from "./java-command.ts";
import type { KafkaClusterPlan, KafkaInstallation } from "./model.ts";
import type { BrokerFolder } from "./prepare.ts";
import { brokerProperties, printProperties } from "./properties.ts";

const run = promisify(execFile);

/**
 * Formats the broker's storage unless it is. An interrupted run leaves nothing that a later one would take for whole.
 * Resolves with whether there was something to do.
 */
export async function formatStorage(
  installation: KafkaInstallation,
  plan: KafkaClusterPlan,
  state: ClusterState,
  folder: BrokerFolder,
): Promise<boolean> {
  if (await exists(folder.data)) return false;
  const building = `${folder.data}.new`;
  const propertiesFile = `${folder.properties}.format`;
  await rm(building, { recursive: true, force: true });
  const properties = brokerProperties(plan, state, { id: folder.id, dataFolder: building });
  await writePrivateFile(propertiesFile, printProperties(properties));
  const main = ["kafka.tools.StorageTool", "format", "-t", state.clusterId, "-c", propertiesFile];
  const { file, args, env } = javaCommand(installation, "lean", folder.temp, main);
  try {
    await run(file, args, { env, cwd: folder.root });
  } catch (cause) {
    const { stdout = "", stderr = "", message } = cause as Error & { stdout?: string; stderr?: string };
    const said = `${stdout}${stderr}`.trim() || message;
    throw new EngineError("KAFKA_FORMAT_FAILED", `the storage of ${folder.name} cannot be formatted: ${said}`, {
      cause,
    });
  } finally {
    await rm(propertiesFile, { force: true });
  }
  await rename(building, folder.data);
  return true;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
