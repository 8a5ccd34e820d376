import { setTimeout as delay } from "node:timers/promises";
import { EngineError } from "../engine-error.ts";
import { findFreePorts } from "../free-ports.ts";
import { installKafka } from "./install.ts";
import type { KafkaBroker, KafkaCluster, KafkaClusterOptions, KafkaClusterPlan, RunningBroker } from "./model.ts";
import { prepareKafka } from "./prepare.ts";
import { ADMIN_USER } from "./properties.ts";
import { askBrokerIds } from "./requests.ts";
import { loginScram } from "./sasl.ts";
import { openWire } from "./wire.ts";

const REGISTERED_MS = 20_000;
const PAUSE_MS = 25;

/**
 * For tests and the bench: installs Kafka if need be, launches brokers on free ports and resolves when each of them
 * knows all of them. They end with this process, however this process ends.
 * @throws EngineError as installKafka, prepareKafka and KafkaBroker.launch do
 */
export async function startKafkaCluster(options: KafkaClusterOptions): Promise<KafkaCluster> {
  const { brokers: count = 1, ...rest } = options;
  const installation = await installKafka();
  const ports = await findFreePorts(2 * count);
  const plan: KafkaClusterPlan = { ...rest, brokers: pairs(ports) };
  const brokers = await prepareKafka(installation, plan);
  const running = new Map<string, RunningBroker>();
  const stop = async (): Promise<void> => {
    await Promise.all([...running.values()].map((broker) => broker.stop()));
  };
  const launch = async (broker: KafkaBroker): Promise<void> => {
    const launched = await broker.launch();
    running.set(broker.name, launched);
    const forget = () => running.delete(broker.name);
    launched.exited.then(forget, forget);
  };
  const launches = await Promise.allSettled(brokers.map(launch));
  try {
    for (const result of launches) if (result.status === "rejected") throw result.reason;
    await Promise.all(plan.brokers.map(({ port }) => waitUntilAllKnown(port, plan)));
  } catch (error) {
    await stop();
    throw error;
  }

  const find = (name: string): KafkaBroker => {
    const broker = brokers.find((candidate) => candidate.name === name);
    if (broker === undefined) throw new Error(`no broker ${name}: there are ${brokers.map((b) => b.name).join(", ")}`);
    return broker;
  };
  const findRunning = (name: string): RunningBroker => {
    const broker = running.get(find(name).name);
    if (broker === undefined) throw new Error(`${name} is not running`);
    return broker;
  };
  const addresses = brokers.map(({ address }) => address);
  return {
    addresses,
    url: `kafka://${addresses.join(",")}`,
    pidOf: (name) => running.get(find(name).name)?.pid,
    kill: async (name) => {
      const broker = findRunning(name);
      broker.kill("SIGKILL");
      await broker.exited;
    },
    restart: (name) => launch(find(name)),
    signal: (name, signal) => findRunning(name).kill(signal),
    stop,
  };
}

function pairs(ports: readonly number[]): { port: number; controllerPort: number }[] {
  const half = ports.length / 2;
  return ports.slice(0, half).map((port, index) => ({ port, controllerPort: ports[half + index] ?? 0 }));
}

/** A broker serves as soon as it is registered itself, and hears of the others a moment later. */
async function waitUntilAllKnown(port: number, plan: KafkaClusterPlan): Promise<void> {
  const deadline = Date.now() + REGISTERED_MS;
  for (;;) {
    const ids = await knownBrokers(port, plan);
    if (ids.length === plan.brokers.length) return;
    if (Date.now() > deadline) {
      throw new EngineError(
        "KAFKA_START_FAILED",
        `127.0.0.1:${port} knows only of broker ${ids.join(", ")} of ${plan.brokers.length} after ${REGISTERED_MS / 1000} s`,
      );
    }
    await delay(PAUSE_MS);
  }
}

async function knownBrokers(port: number, { users, tlsKeystoreFile }: KafkaClusterPlan): Promise<number[]> {
  const wire = await openWire(port, { secure: tlsKeystoreFile !== undefined });
  try {
    const password = users?.[ADMIN_USER];
    if (password !== undefined) await loginScram(wire, { name: ADMIN_USER, password });
    return await askBrokerIds(wire);
  } finally {
    wire.close();
  }
}
