// Applies parked events once their shard is back. Every replica does it for every shard that holds some.
import { type EventHandler, sortRecords, wantedMessages } from "@ordermesh/runtime/consumer";
import type { Logger } from "@ordermesh/runtime/logging";
import { isShardUnavailable, type Shard, type ShardSet } from "../shards/index.ts";
import { lockParkedRecords, removeParked } from "../store/parked-events.ts";
import type { ShardedApply } from "./apply-by-shard.ts";

const batchSize = 200;

export interface UnparkOptions {
  readonly shards: ShardSet;
  readonly group: string;
  readonly handlers: readonly EventHandler[];
  readonly applyParked: ShardedApply["applyParked"];
  readonly intervalMs: number;
  readonly logger: Logger;
}

/** Looks every `intervalMs`. Returns a function that stops it. */
export function startUnparking(options: UnparkOptions): () => Promise<void> {
  const { shards, intervalMs, logger } = options;
  const stopping = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<unknown> = Promise.resolve();

  const round = async (host: Shard): Promise<void> => {
    try {
      let applied = batchSize;
      while (applied === batchSize && !stopping.signal.aborted) {
        applied = await host.run(() => unparkSome(host, options, stopping.signal));
      }
    } catch (error) {
      // They stay parked; the next round tries again.
      if (!isShardUnavailable(error)) logger.warn({ shard: host.name, err: error }, "applying parked events failed");
    }
  };
  const schedule = (): void => {
    timer = setTimeout(() => {
      running = Promise.all(shards.all.map(round)).then(() => {
        if (!stopping.signal.aborted) schedule();
      });
    }, intervalMs);
  };

  // With one shard there is nowhere to park.
  if (shards.all.length > 1) schedule();
  return async () => {
    stopping.abort();
    clearTimeout(timer);
    await running;
  };
}

/** Applies some of what is parked at `host`; an event is removed only after its own shard has committed it. */
async function unparkSome(
  host: Shard,
  { group, handlers, applyParked }: UnparkOptions,
  signal: AbortSignal,
): Promise<number> {
  return host.database.transaction(async (tx) => {
    const records = await lockParkedRecords(tx, group, batchSize);
    if (records.length === 0) return 0;
    const { events } = sortRecords(records, wantedMessages(handlers));
    const away = new Set(await applyParked(events, signal));
    const applied = events.filter((event) => !away.has(event));
    await removeParked(
      tx,
      group,
      applied.map(({ id }) => id),
    );
    return applied.length;
  });
}
