import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { EngineError } from "../engine-error.ts";
import type { KafkaClusterPlan } from "./model.ts";
import { ADMIN_USER, INTERNAL_USER } from "./properties.ts";

/** @throws EngineError KAFKA_PLAN_INVALID that names all faults */
export async function checkPlan(plan: KafkaClusterPlan): Promise<void> {
  const faults = [...dataDirFaults(plan), ...brokerFaults(plan), ...userFaults(plan), ...(await keystoreFaults(plan))];
  if (faults.length > 0)
    throw new EngineError("KAFKA_PLAN_INVALID", `Kafka cannot be started so: ${faults.join("; ")}`);
}

function dataDirFaults({ dataDir }: KafkaClusterPlan): string[] {
  // Kafka's log.dirs is a list separated by commas, with no way to write a comma.
  return dataDir.includes(",") ? [`dataDir is ${dataDir}, but may not contain a comma`] : [];
}

function brokerFaults({ brokers }: KafkaClusterPlan): string[] {
  if (brokers.length === 0) return ["brokers is empty, but must have at least one entry"];
  const ports = brokers.flatMap(({ port, controllerPort }) => [port, controllerPort]);
  const wrong = ports.filter((port) => !Number.isInteger(port) || port < 1 || port > 65_535);
  const twice = ports.filter((port, index) => ports.indexOf(port) !== index);
  return [
    ...wrong.map((port) => `brokers has port ${port}, but allowed are 1 to 65535`),
    ...twice.map((port) => `brokers has port ${port} twice, but each listener needs its own`),
  ];
}

function userFaults({ users }: KafkaClusterPlan): string[] {
  if (users === undefined) return [];
  return [
    ...(ADMIN_USER in users ? [] : [`users has no "${ADMIN_USER}", who alone may grant rights to the others`]),
    ...(INTERNAL_USER in users ? [`users has "${INTERNAL_USER}", which is the brokers' own name`] : []),
    ...Object.entries(users)
      .filter(([name, password]) => !/^[\w.-]+$/.test(name) || password === "")
      .map(
        ([name]) =>
          `users has ${JSON.stringify(name)}, but a name is of letters, digits, ".", "_" and "-", with a password that ` +
          "is not empty",
      ),
  ];
}

async function keystoreFaults({ tlsKeystoreFile }: KafkaClusterPlan): Promise<string[]> {
  if (tlsKeystoreFile === undefined) return [];
  return access(tlsKeystoreFile, constants.R_OK).then(
    () => [],
    (error: Error) => [`tlsKeystoreFile is ${tlsKeystoreFile}, but must be a readable PEM file (${error.message})`],
  );
}
