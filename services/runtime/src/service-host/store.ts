// One database of a service with what lives in it: its outbox, whose relay competes for the lead, and its pruning.
import type { Pace } from "../batching/index.ts";
import { type Database, keyedPlans, openDatabase } from "../database/index.ts";
import type { EventLog } from "../event-log/index.ts";
import type { Logger } from "../logging/index.ts";
import { createOutbox, type Outbox } from "../outbox/index.ts";
import { startPruning } from "./pruning.ts";

export interface Store {
  /** Its part in the service, in metrics and logs: the service's name, or a shard's where there are several. */
  readonly name: string;
  readonly database: Database;
  readonly outbox: Outbox;
  /** Begins to publish and to prune; the database must have its tables. Starting twice is a no-op. */
  start(): void;
  /** Whether the database answers now, within `timeoutMs` where it is given. Never rejects. */
  answers(timeoutMs?: number): Promise<boolean>;
  /** Stops what `start` began; the database stays open until `close`. */
  stop(): Promise<void>;
  close(): Promise<void>;
}

export interface StoreOptions {
  readonly name: string;
  readonly url: string;
  readonly poolSize: number;
  /** Name of the process, shown to the database's administrators. */
  readonly instance: string;
  readonly log: Pick<EventLog, "append">;
  readonly logger: Logger;
  /** See `DatabaseOptions.queryTimeoutMs`. */
  readonly queryTimeoutMs?: number;
  /** Of the outbox's relay; one of its own unless given. */
  readonly pace?: Pace;
}

const ping = { name: "ping", text: "SELECT 1" };

/** Opens a database, which may still be away, for statements that reach rows through keys. */
export function openStore(options: StoreOptions): Store {
  const { name, url, poolSize, instance, log, logger, queryTimeoutMs, pace } = options;
  const database = openDatabase({
    url,
    poolSize,
    name: instance,
    logger,
    settings: keyedPlans,
    ...(queryTimeoutMs === undefined ? {} : { queryTimeoutMs }),
  });
  const outbox = createOutbox({ database, log, logger, ...(pace && { pace }) });
  let stopPruning: (() => Promise<void>) | undefined;
  return {
    name,
    database,
    outbox,
    start() {
      outbox.startRelay();
      stopPruning ??= startPruning({ database, logger });
    },
    async answers(timeoutMs) {
      try {
        await database.query(timeoutMs === undefined ? ping : { ...ping, timeoutMs });
        return true;
      } catch {
        return false; // the pool logs why; a probe needs only the answer
      }
    },
    async stop() {
      await stopPruning?.();
      await outbox.stop();
    },
    close: () => database.close(),
  };
}
