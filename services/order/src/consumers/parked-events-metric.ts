// How many events wait at each shard for another one that is away.
import { Gauge } from "prom-client";
import { isShardUnavailable, type ShardSet } from "../shards/index.ts";
import { countParked } from "../store/parked-events.ts";

/** Counted at each scrape; a shard that is away is left out. */
export function parkedEventsMetric(shards: Pick<ShardSet, "all">): Gauge {
  const gauge = new Gauge({
    name: "ordermesh_parked_events",
    help: "Events kept at this shard for orders of another one that is away.",
    labelNames: ["store"],
    registers: [],
    async collect() {
      await Promise.all(
        shards.all.map(async (shard) => {
          const store = { store: shard.name };
          try {
            gauge.set(store, await shard.run(() => countParked(shard.database)));
          } catch (error) {
            if (!isShardUnavailable(error)) throw error;
            gauge.remove(store);
          }
        }),
      );
    },
  });
  return gauge;
}
