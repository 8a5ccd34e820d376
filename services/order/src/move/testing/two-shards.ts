// Two shards for specs: databases with the service's tables, the first with every bucket.
import { join } from "node:path";
import { type Database, migrate, openDatabase } from "@ordermesh/runtime/database";
import { createLogger } from "@ordermesh/runtime/logging";
import { createTestDatabase } from "@ordermesh/runtime/testing";
import type { ShardUrl } from "../../shards/shard-urls.ts";

const logger = createLogger({ name: "mover-spec", instance: "mover-spec", level: "silent" });
const migrations = join(import.meta.dirname, "../../../prisma/migrations");

export interface SpecShard extends ShardUrl {
  readonly database: Database;
}

export interface SpecShards {
  readonly all: readonly SpecShard[];
  shard(name: string): SpecShard;
  close(): Promise<void>;
}

/** Creates shards of these names. */
export async function createShards(names: readonly string[]): Promise<SpecShards> {
  const opened = await Promise.all(
    names.map(async (name, index) => {
      const { url, drop } = await createTestDatabase(name);
      await migrate({ url, directory: migrations, logger });
      const database = openDatabase({ url, name: "writer", poolSize: 12, logger });
      await database.pool.query("INSERT INTO shard (name, assigned) VALUES ($1, true)", [name]);
      if (index === 0) {
        await database.pool.query("INSERT INTO bucket (bucket, state) SELECT generate_series(0, 4095), 'OWNED'");
      }
      return { name, url, database, drop };
    }),
  );
  return {
    all: opened,
    shard(name) {
      const found = opened.find((shard) => shard.name === name);
      if (found === undefined) throw new Error(`there is no ${name}`);
      return found;
    },
    async close() {
      for (const { database, drop } of opened) {
        await database.close();
        await drop();
      }
    },
  };
}
