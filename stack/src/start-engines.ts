import type { Layout } from "./data-folder/layout.ts";
import type { Secrets } from "./data-folder/secrets.ts";
import { type EventLogPlace, embeddedPlace, externalPlace } from "./event-log-place.ts";
import type { EventLogOption, RunPhase, StackOptions } from "./options.ts";
import type { LogLine } from "./output/log-line.ts";
import type { Platform } from "./platform.ts";
import type { Topology } from "./processes/topology.ts";
import { type RunningDatabases, startPostgres } from "./start-postgres.ts";

export interface StartEnginesOptions {
  readonly layout: Layout;
  readonly secrets: Secrets;
  readonly topology: Topology;
  readonly phase: RunPhase;
  readonly onLog: (line: LogLine) => void;
  readonly onChange: () => void;
}

type Engines = Pick<Platform, "databases" | "eventLog" | "redis">;
type DatabasesAndLog = Omit<Engines, "redis">;

/** Starts what the services stand on: PostgreSQL and, where they are wanted, Kafka and Redis. */
export async function startEngines(
  inputs: StartEnginesOptions,
  options: StackOptions,
  cleanUp: AsyncDisposableStack,
): Promise<Engines> {
  const { layout, secrets, topology, phase, onLog, onChange } = inputs;
  const port = topology.redisPort;
  if (port === undefined) return { ...(await startDatabasesAndLog(inputs, options, cleanUp)), redis: undefined };
  // Not loaded where there is no Redis.
  const { getRedis, startRedis } = await import("./redis/start-redis.ts");
  // Before anything runs that its lack would have to end.
  const program = await getRedis();
  const others = await startDatabasesAndLog(inputs, options, cleanUp);
  const { signal } = options;
  const redis = await phase("Redis", () =>
    startRedis({ program, layout, secrets, port, signal, onLog, onChange }, cleanUp),
  );
  return { ...others, redis };
}

async function startDatabasesAndLog(
  inputs: StartEnginesOptions,
  options: StackOptions,
  cleanUp: AsyncDisposableStack,
): Promise<DatabasesAndLog> {
  const { eventLog } = options;
  if (eventLog?.kind === "kafka") return startBoth(inputs, options, eventLog, cleanUp);
  const databases = await inputs.phase("PostgreSQL", (progress) => startDatabases(inputs, options, progress, cleanUp));
  const place =
    eventLog === undefined ? embeddedPlace(databases.postgres, inputs.secrets) : externalPlace(eventLog.url);
  return { databases, eventLog: place };
}

/** At the same time. When one fails, the other is waited for, so that it can be stopped. */
async function startBoth(
  inputs: StartEnginesOptions,
  options: StackOptions,
  { settings }: Extract<EventLogOption, { kind: "kafka" }>,
  cleanUp: AsyncDisposableStack,
): Promise<DatabasesAndLog> {
  const { layout, secrets, topology, phase, onLog, onChange } = inputs;
  // Not loaded where events are in PostgreSQL.
  const { getKafka, startKafka } = await import("./kafka/start-kafka.ts");
  const installation = await phase("Java and Kafka", (progress) => getKafka(progress, options.signal));
  // Undone in reverse: PostgreSQL last, whichever is up first.
  const ofPostgres = cleanUp.use(new AsyncDisposableStack());
  const ofKafka = cleanUp.use(new AsyncDisposableStack());
  const failed = new AbortController();
  const signal = AbortSignal.any([failed.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  const linked = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      failed.abort(error);
      throw error;
    }
  };
  const startBrokers = (progress: (text: string) => void): Promise<EventLogPlace> => {
    const ports = topology.kafka;
    return startKafka({ installation, layout, secrets, ports, settings, signal, progress, onLog, onChange }, ofKafka);
  };

  const [postgres, kafka] = await Promise.allSettled([
    phase("PostgreSQL", (progress) => linked(startDatabases(inputs, options, progress, ofPostgres))),
    phase("Kafka", (progress) => linked(startBrokers(progress))),
  ]);
  // The first failure may be the reason of the other.
  if (failed.signal.aborted) throw failed.signal.reason;
  if (postgres.status === "rejected") throw postgres.reason;
  if (kafka.status === "rejected") throw kafka.reason;
  return { databases: postgres.value, eventLog: kafka.value };
}

function startDatabases(
  { layout, secrets, topology, onLog, onChange }: StartEnginesOptions,
  options: StackOptions,
  progress: (text: string) => void,
  cleanUp: AsyncDisposableStack,
): Promise<RunningDatabases> {
  const settings = options.postgresSettings;
  return startPostgres({ layout, secrets, topology, settings, progress, onLog, onChange }, cleanUp);
}
