import { mkdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { writePrivateFile } from "../private-file.ts";
import { createBroker } from "./broker.ts";
import { checkPlan } from "./check-plan.ts";
import { openClusterState } from "./cluster-state.ts";
import { formatStorage } from "./format.ts";
import type { KafkaBroker, KafkaClusterPlan, KafkaInstallation } from "./model.ts";
import { brokerProperties, printProperties } from "./properties.ts";
import { forgetUsers, planUsers } from "./scram-users.ts";

/** Where a broker keeps what. */
export interface BrokerFolder {
  readonly id: number;
  readonly name: string;
  readonly root: string;
  readonly properties: string;
  readonly pid: string;
  readonly data: string;
  readonly temp: string;
}

/**
 * Makes the folder ready: secrets, properties (0600) and formatted storage. Existing data is kept, with other ports too.
 * No broker of the folder may be running under a living supervisor.
 * @throws EngineError KAFKA_PLAN_INVALID, KAFKA_BROKERS_CHANGED, KAFKA_STATE_UNREADABLE, KAFKA_FORMAT_FAILED
 */
export async function prepareKafka(
  installation: KafkaInstallation,
  given: KafkaClusterPlan,
): Promise<readonly KafkaBroker[]> {
  const plan: KafkaClusterPlan = {
    ...given,
    dataDir: resolve(given.dataDir),
    ...(given.tlsKeystoreFile !== undefined && { tlsKeystoreFile: resolve(given.tlsKeystoreFile) }),
  };
  await checkPlan(plan);
  const state = await openClusterState(plan.dataDir, plan.brokers.length);
  const folders = plan.brokers.map((_, index) => folderOf(plan.dataDir, index + 1));
  const formatted = await Promise.all(
    folders.map(async (folder) => {
      await rm(folder.temp, { recursive: true, force: true });
      await mkdir(folder.temp, { recursive: true, mode: 0o700 });
      const properties = brokerProperties(plan, state, { id: folder.id, dataFolder: folder.data });
      await writePrivateFile(folder.properties, printProperties(properties));
      return formatStorage(installation, plan, state, folder);
    }),
  );
  if (formatted.every(Boolean)) await forgetUsers(plan.dataDir);
  const users =
    plan.users === undefined
      ? undefined
      : await planUsers({
          dataDir: plan.dataDir,
          users: plan.users,
          controllerPorts: plan.brokers.map(({ controllerPort }) => controllerPort),
          internalPassword: state.internalPassword,
          secure: plan.tlsKeystoreFile !== undefined,
        });
  return folders.map((folder) => createBroker({ installation, plan, folder, users }));
}

function folderOf(dataDir: string, id: number): BrokerFolder {
  const name = `kafka-${id}`;
  const root = join(dataDir, name);
  return {
    id,
    name,
    root,
    properties: join(root, "broker.properties"),
    pid: join(root, "pid"),
    data: join(root, "data"),
    temp: join(root, "tmp"),
  };
}
