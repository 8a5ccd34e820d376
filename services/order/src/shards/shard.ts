// One shard of the orders: its database with what lives in it, and whether it can be asked now.
import type { Pace } from "@ordermesh/runtime/batching";
import { type Database, migrate } from "@ordermesh/runtime/database";
import type { EventLog } from "@ordermesh/runtime/event-log";
import type { Logger } from "@ordermesh/runtime/logging";
import { openStore, type Store } from "@ordermesh/runtime/service-host";
import { PrismaPg } from "@prisma/adapter-pg";
import { PrismaClient } from "../store/prisma/client.ts";
import { readVersion } from "./bucket-table.ts";
import { shardUnavailable } from "./errors.ts";
import { createGuard } from "./guard.ts";
import { identify } from "./identity.ts";
import type { ShardUrl } from "./shard-urls.ts";

export interface Shard extends Store {
  readonly prisma: PrismaClient;
  /** Runs work on the shard. Throws SHARD_UNAVAILABLE while it is away, at once where that is known. */
  run<T>(work: () => Promise<T>): Promise<T>;
  /** Whether work would be tried now. */
  available(): boolean;
  /** The version of its buckets, read after this call; calls of one moment share a statement. */
  version(): Promise<bigint>;
  /**
   * Brings the database up to date and makes sure that it is this shard's. Until then `run` rejects. Rejects with a
   * transient error while it is away, with another when it is the wrong database.
   */
  prepare(waitMs: number): Promise<void>;
}

export interface ShardOptions extends ShardUrl {
  readonly poolSize: number;
  readonly instance: string;
  readonly migrations: string;
  readonly log: Pick<EventLog, "append">;
  readonly logger: Logger;
  /** Of the relays of all shards. */
  readonly pace: Pace;
}

/** A shard that does not answer a statement in this time is taken to hang; nothing that an order needs takes as long. */
const QUERY_TIMEOUT_MS = 3_000;
/** Longer than the guard waits. */
const PROBE_TIMEOUT_MS = 2_000;

export function openShard(options: ShardOptions): Shard {
  const { name, url, migrations, logger } = options;
  const store = openStore({ ...options, queryTimeoutMs: QUERY_TIMEOUT_MS });
  const guard = createGuard(name, () => probe(store.database), logger);
  let prepared = false;
  let nextVersion: Promise<bigint> | undefined;

  return {
    ...store,
    async stop() {
      guard.close();
      await store.stop();
    },
    prisma: new PrismaClient({ adapter: new PrismaPg(store.database.pool) }),
    run: (work) => (prepared ? guard.run(work) : Promise.reject(shardUnavailable(name))),
    available: () => prepared && guard.available(),
    version() {
      nextVersion ??= new Promise<void>((resolve) => {
        setImmediate(resolve);
      }).then(() => {
        nextVersion = undefined;
        return guard.run(() => readVersion(store.database));
      });
      return nextVersion;
    },
    async prepare(waitMs) {
      await migrate({ url, directory: migrations, logger, waitMs });
      await identify(store.database, name);
      prepared = true;
      store.start();
    },
  };
}

/** On a connection of its own: those of the pool may all be waiting. */
async function probe(database: Database): Promise<void> {
  const client = database.dedicatedClient("probe", { queryTimeoutMs: PROBE_TIMEOUT_MS });
  client.on("error", () => undefined); // the statement reports it
  try {
    await client.connect();
    await client.query("SELECT 1");
  } finally {
    await client.end();
  }
}
