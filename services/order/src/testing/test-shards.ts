// Shards on scratch databases, for specs. Nothing is published: their events stay in the outboxes.
import { createLogger } from "@ordermesh/runtime/logging";
import { createRelayPace } from "@ordermesh/runtime/outbox";
import { createTestDatabase, type TestDatabase } from "@ordermesh/runtime/testing";
import { migrations } from "../app.ts";
import { assignBuckets } from "../shards/assign-buckets.ts";
import { openShard, type Shard } from "../shards/shard.ts";
import { createShardSet, type ShardSet } from "../shards/shard-set.ts";
import { evenRanges, type ShardUrl } from "../shards/shard-urls.ts";

const logger = createLogger({ name: "order-spec", instance: "order-spec", level: "silent" });

export interface TestShards {
  readonly urls: readonly ShardUrl[];
  /** Shards and what a process knows of them; every call is another process. */
  connect(urls?: readonly ShardUrl[]): Promise<ShardSet>;
  drop(): Promise<void>;
}

/** Makes `count` databases, shard-1 first. `connect` migrates them and assigns the buckets evenly. */
export async function createTestShards(count: number): Promise<TestShards> {
  const names = Array.from({ length: count }, (_, index) => `shard-${index + 1}`);
  const databases: TestDatabase[] = await Promise.all(names.map(() => createTestDatabase("shard")));
  const urls = names.map((name, index) => ({ name, url: databases[index]?.url ?? "" }));
  const opened: Shard[] = [];
  return {
    urls,
    async connect(given = urls) {
      const pace = createRelayPace();
      const log = { append: () => Promise.reject(new Error("there is no log in this spec")) };
      const options = { poolSize: 4, instance: "order-spec", migrations, log, logger, pace };
      const all = given.map((url) => openShard({ ...url, ...options }));
      opened.push(...all);
      for (const shard of all) await shard.prepare(5_000);
      await assignBuckets(all, evenRanges(names), logger);
      const shards = createShardSet(all, logger);
      await shards.refresh();
      return shards;
    },
    async drop() {
      for (const shard of opened) {
        await shard.stop();
        await shard.close();
      }
      for (const database of databases) await database.drop();
    },
  };
}
