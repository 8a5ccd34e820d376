import type { Layout } from "./data-folder/layout.ts";
import type { Secrets } from "./data-folder/secrets.ts";
import { type EventLogPlace, embeddedPlace, externalPlace } from "./event-log-place.ts";
import type { RunPhase, StackOptions } from "./options.ts";
import type { LogLine } from "./output/log-line.ts";
import type { Platform } from "./platform.ts";
import type { Topology } from "./processes/topology.ts";
import { startPostgres } from "./start-postgres.ts";

export interface StartEnginesOptions {
  readonly layout: Layout;
  readonly secrets: Secrets;
  readonly topology: Topology;
  readonly phase: RunPhase;
  readonly onLog: (line: LogLine) => void;
  readonly onChange: () => void;
}

/** Starts what the services stand on, all at the same time: PostgreSQL, and Kafka where it is wanted. */
export async function startEngines(
  inputs: StartEnginesOptions,
  options: StackOptions,
  cleanUp: AsyncDisposableStack,
): Promise<Pick<Platform, "postgres" | "supervisedPostgres" | "eventLog">> {
  const { layout, secrets, topology, phase, onLog, onChange } = inputs;
  const { eventLog } = options;
  // Undone in reverse: PostgreSQL last, whichever is up first.
  const ofPostgres = cleanUp.use(new AsyncDisposableStack());
  const ofKafka = cleanUp.use(new AsyncDisposableStack());
  const failed = new AbortController();
  const signal = AbortSignal.any([failed.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  /** The failure of one ends the other's wait. */
  const linked = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      failed.abort(error);
      throw error;
    }
  };

  const [postgres, kafka] = await Promise.allSettled([
    phase("PostgreSQL", () =>
      linked(
        startPostgres(
          { layout, secrets, port: topology.postgresPort, settings: options.postgresSettings, onLog, onChange },
          ofPostgres,
        ),
      ),
    ),
    eventLog?.kind === "kafka"
      ? phase("Kafka", (progress) => linked(startOwnKafka({ progress, signal, settings: eventLog.settings })))
      : undefined,
  ]);
  if (postgres.status === "rejected") throw postgres.reason;
  if (kafka.status === "rejected") throw kafka.reason;

  const elsewhere = eventLog?.kind === "external" ? externalPlace(eventLog.url) : undefined;
  const place = kafka.value ?? elsewhere ?? embeddedPlace(postgres.value.postgres, secrets);
  return { ...postgres.value, eventLog: place };

  async function startOwnKafka(own: {
    progress: (text: string) => void;
    signal: AbortSignal;
    settings: Readonly<Record<string, string>> | undefined;
  }): Promise<EventLogPlace> {
    // Not loaded where events are in PostgreSQL.
    const { startKafka } = await import("./kafka/start-kafka.ts");
    return startKafka({ ...own, layout, secrets, ports: topology.kafka, onLog, onChange }, ofKafka);
  }
}
