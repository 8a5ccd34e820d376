import {
  type EmbeddedPostgres,
  type PostgresSettings,
  startEmbeddedPostgres,
} from "@ordermesh/runtime/embedded-postgres";
import type { Layout } from "./data-folder/layout.ts";
import type { Secrets } from "./data-folder/secrets.ts";
import type { LogLine } from "./output/log-line.ts";
import { readPostgresLine } from "./output/postgres-line.ts";
import { type DatabaseServers, provisionDatabases, provisionShard } from "./processes/databases.ts";
import { createSupervisedServer, type Killable, type SupervisedServer } from "./processes/supervised-server.ts";
import type { Topology } from "./processes/topology.ts";
import { serverOf, shardFolder } from "./shards/shard-names.ts";

export interface StartPostgresOptions {
  readonly layout: Layout;
  readonly secrets: Secrets;
  readonly topology: Pick<Topology, "postgresPort" | "furtherShards">;
  readonly settings?: PostgresSettings | undefined;
  readonly progress: (text: string) => void;
  readonly onLog: (line: LogLine) => void;
  readonly onChange: () => void;
}

/** The databases, and the servers as processes. */
export interface RunningDatabases extends DatabaseServers {
  readonly supervised: readonly Killable[];
}

interface Place {
  readonly name: string;
  readonly dataDir: string;
  readonly port: number;
  readonly superPassword: string;
  /** Creates roles and databases that are missing. */
  readonly provision: (postgres: EmbeddedPostgres) => Promise<void>;
}

/** Starts a server for all databases, and one for each further shard, all at once and under supervision. */
export async function startPostgres(
  options: StartPostgresOptions,
  cleanUp: AsyncDisposableStack,
): Promise<RunningDatabases> {
  const { layout, secrets, topology, progress } = options;
  const main: Place = {
    name: "postgres",
    dataDir: layout.postgres,
    port: topology.postgresPort,
    superPassword: secrets.superuser,
    provision: (postgres) => provisionDatabases(postgres, secrets),
  };
  const further = topology.furtherShards.map(({ shard, port }) => ({
    shard,
    name: serverOf(shard),
    dataDir: shardFolder(layout, shard),
    port,
    superPassword: secrets.shards[shard] ?? "",
    provision: (postgres: EmbeddedPostgres) => provisionShard(postgres, secrets),
  }));

  const total = 1 + further.length;
  const supervised: SupervisedServer<EmbeddedPostgres>[] = [];
  cleanUp.defer(async () => {
    await Promise.all(supervised.map((server) => server.stop()));
  });
  let ready = 0;
  const start = async (place: Place): Promise<EmbeddedPostgres> => {
    const server = supervise(place, options);
    supervised.push(server);
    const postgres = await server.start();
    await place.provision(postgres);
    ready += 1;
    if (total > 1) progress(`${ready} of ${total} servers`);
    return postgres;
  };
  const starts = {
    postgres: start(main),
    furtherShards: further.map(async (place) => ({ shard: place.shard, postgres: await start(place) })),
  };
  // All are waited for: what is left behind must be known, so that it can be stopped.
  await Promise.allSettled([starts.postgres, ...starts.furtherShards]);
  return {
    postgres: await starts.postgres,
    furtherShards: await Promise.all(starts.furtherShards),
    supervised,
  };
}

function supervise(place: Place, options: StartPostgresOptions): SupervisedServer<EmbeddedPostgres> {
  const { settings, onLog, onChange } = options;
  const { name, dataDir, port, superPassword } = place;
  return createSupervisedServer({
    name,
    launch: () =>
      startEmbeddedPostgres({
        dataDir,
        port,
        superPassword,
        ...(settings === undefined ? {} : { settings }),
        onLog: (text) => {
          const line = readPostgresLine(name, text, new Date());
          if (line !== undefined) onLog(line);
        },
      }),
    onLog,
    onChange,
  });
}
