import { mkdir } from "node:fs/promises";
import { installKafka, type KafkaBroker, type KafkaInstallation, prepareKafka } from "@ordermesh/engines/kafka";
import type { Layout } from "../data-folder/layout.ts";
import type { Secrets } from "../data-folder/secrets.ts";
import type { EventLogPlace } from "../event-log-place.ts";
import { forPeople } from "../for-people.ts";
import { readKafkaLine } from "../output/kafka-line.ts";
import type { LogLine } from "../output/log-line.ts";
import { createSupervisedServer } from "../processes/supervised-server.ts";
import type { Topology } from "../processes/topology.ts";
import { openClusterToServices } from "./open-cluster.ts";
import { kafkaServiceUrls, kafkaUrl, writeKafkaPasswords } from "./users.ts";

export interface StartKafkaOptions {
  readonly installation: KafkaInstallation;
  readonly layout: Layout;
  readonly secrets: Secrets;
  readonly ports: Topology["kafka"];
  /** Broker properties over the usual ones, for tests. */
  readonly settings?: Readonly<Record<string, string>> | undefined;
  readonly signal: AbortSignal;
  readonly progress: (text: string) => void;
  readonly onLog: (line: LogLine) => void;
  readonly onChange: () => void;
}

/** Finds Java, and fetches Kafka when it is not there. Nothing runs yet that a missing program would have to end. */
export function getKafka(progress: (text: string) => void, signal?: AbortSignal): Promise<KafkaInstallation> {
  return forPeople(installKafka({ onProgress: progress, ...(signal === undefined ? {} : { signal }) }));
}

/** Starts Kafka brokers under supervision and gives the services' users their rights. */
export function startKafka(options: StartKafkaOptions, cleanUp: AsyncDisposableStack): Promise<EventLogPlace> {
  return forPeople(startBrokers(options, cleanUp));
}

async function startBrokers(options: StartKafkaOptions, cleanUp: AsyncDisposableStack): Promise<EventLogPlace> {
  const { layout, signal, progress } = options;
  const brokers = await prepareBrokers(options);
  const supervised = brokers.map((broker) =>
    createSupervisedServer({
      name: broker.name,
      launch: () => broker.launch(),
      onLog: options.onLog,
      onChange: options.onChange,
    }),
  );
  cleanUp.defer(async () => {
    // One that is being launched again needs the others to get ready, and one that is stopped alone hangs.
    await Promise.all(supervised.map((broker) => broker.letGo()));
    await Promise.all(supervised.map((broker) => broker.stop()));
  });
  signal.throwIfAborted();
  progress(brokers.length === 1 ? "starting the broker" : `starting ${brokers.length} brokers`);
  // All are waited for: what is left behind must be known, so that it can be stopped.
  for (const launched of await Promise.allSettled(supervised.map((broker) => broker.start()))) {
    if (launched.status === "rejected") throw launched.reason;
  }
  signal.throwIfAborted();
  progress("waiting for the cluster");
  const addresses = brokers.map((broker) => broker.address);
  const toolsUrl = kafkaUrl(addresses, layout, "admin");
  await openClusterToServices({ url: toolsUrl, brokers: brokers.length, signal });
  const urls = kafkaServiceUrls(addresses, layout);
  return {
    mode: "engines",
    toolsUrl,
    serviceUrls: urls,
    processUrls: urls,
    brokers: supervised,
  };
}

async function prepareBrokers(options: StartKafkaOptions): Promise<readonly KafkaBroker[]> {
  const { layout, secrets, installation } = options;
  await writeKafkaPasswords(layout, secrets.kafka);
  // Java makes files that everybody may read, and the events in them name customers.
  await mkdir(layout.kafka, { recursive: true, mode: 0o700 });
  return prepareKafka(installation, {
    dataDir: layout.kafka,
    brokers: options.ports,
    users: secrets.kafka,
    ...(options.settings === undefined ? {} : { settings: options.settings }),
    onLog: (broker, text) => {
      const line = readKafkaLine(broker, text, new Date());
      if (line !== undefined) options.onLog(line);
    },
  });
}
