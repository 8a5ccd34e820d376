// The host of a service that owns one database.
import type { ServiceConfig } from "../config/index.ts";
import { createBatchApplier } from "../consumer/index.ts";
import { type Database, migrate } from "../database/index.ts";
import type { Logger } from "../logging/index.ts";
import type { Outbox } from "../outbox/index.ts";
import { type Consumption, type Host, openHost } from "./host.ts";
import { openStore, type Store } from "./store.ts";

export interface ServiceHostOptions {
  readonly config: ServiceConfig;
  /** Folder of the service's migrations; they run before anything else. */
  readonly migrations: string;
  readonly logger: Logger;
}

export interface ServiceHost extends Omit<Host<Store>, "consume" | "stores"> {
  readonly database: Database;
  readonly outbox: Outbox;
  /** Starts a consumer that applies each batch in one transaction and stops with the service. */
  consume(consumption: Consumption): Promise<void>;
}

/** Opens what a service stands on. Rejects when the database cannot be reached or migrated. */
export async function openServiceHost({ config, migrations, logger }: ServiceHostOptions): Promise<ServiceHost> {
  const url = config.ORDERMESH_DATABASE_URL;
  const instance = config.ORDERMESH_INSTANCE;
  await migrate({ url, directory: migrations, logger });
  const host = await openHost({
    config,
    logger,
    openStores: async (log) => [
      openStore({ name: "own", url, poolSize: config.ORDERMESH_DATABASE_POOL, instance, log, logger }),
    ],
  });
  const [store] = host.stores;
  if (store === undefined) throw new Error("a service host has one store");
  store.start();
  const { database, outbox } = store;
  return {
    ...host,
    database,
    outbox,
    consume: (consumption) => {
      const applier = createBatchApplier({ database, outbox, logger, ...consumption });
      return host.consume(consumption, applier);
    },
  };
}
