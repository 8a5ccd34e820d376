// One connection to a shard, over which a mover does all that it does there. It holds the lock that keeps other movers
// away, so a mover that has lost the lock can no longer write, and one that died is known to have stopped writing.
import { setTimeout as delay } from "node:timers/promises";
import { type Database, openDatabase } from "@ordermesh/runtime/database";
import { createLogger } from "@ordermesh/runtime/logging";
import type { ShardUrl } from "../shards/shard-urls.ts";
import { MoveError } from "./move-error.ts";

type Client = ReturnType<Database["dedicatedClient"]>;
type Row = Record<string, unknown>;

export interface ShardSession {
  readonly shard: string;
  /** Runs one statement and resolves with its rows. */
  rows<R extends object>(text: string, values?: readonly unknown[]): Promise<R[]>;
  /** Runs one statement and resolves with the number of rows that it wrote. */
  run(text: string, values?: readonly unknown[]): Promise<number>;
  /** Runs `work` between BEGIN (with `mode`) and COMMIT. */
  transaction<T>(work: () => Promise<T>, mode?: string): Promise<T>;
  /** Keeps other movers away until the session ends. Throws MOVE_BUSY when one works here. */
  lock(): Promise<void>;
  close(): Promise<void>;
}

/** A single statement of a mover takes far less; a shard that hangs must not keep it waiting for ever. */
const QUERY_TIMEOUT_MS = 60_000;
/** The session of a mover that was killed may last until its server notices. */
const LOCK_WAIT_MS = 5_000;
const LOCK_POLL_MS = 100;
const lockKeys = "1330792773, 4";

// Rows of both shards are compared as text, so both must write it the same way. Rows are always reached by a key; tables
// that were filled a moment ago have no statistics that would tell the planner.
const settings = {
  timezone: "UTC",
  datestyle: "ISO",
  bytea_output: "hex",
  enable_seqscan: "off",
  enable_mergejoin: "off",
} as const;

const logger = createLogger({ name: "shards", instance: "shards", level: "silent" });

/**
 * Connects and makes sure that the database is the shard that it is said to be. Throws SHARD_UNREACHABLE,
 * SHARD_NOT_SET_UP and SHARD_MIXED_UP.
 */
export async function openSession({ name, url }: ShardUrl, queryTimeoutMs = QUERY_TIMEOUT_MS): Promise<ShardSession> {
  const database = openDatabase({ url, name: "ordermesh shards", logger, settings });
  const client = database.dedicatedClient("mover", { queryTimeoutMs });
  client.on("error", () => undefined); // the statement under way reports it
  try {
    await client.connect();
  } catch (error) {
    const reason = error instanceof Error ? error.message || String(Reflect.get(error, "code")) : String(error);
    throw new MoveError("SHARD_UNREACHABLE", `${name} cannot be reached: ${reason}`, { cause: error });
  }
  const session = sessionOver(name, client);
  try {
    await identify(session);
  } catch (error) {
    await session.close();
    throw error;
  }
  return session;
}

async function identify(session: ShardSession): Promise<void> {
  const { shard } = session;
  const [tables] = await session.rows<{ ready: boolean }>(
    "SELECT to_regclass('shard') IS NOT NULL AND to_regclass('bucket_move') IS NOT NULL AS ready",
  );
  const [found] = tables?.ready ? await session.rows<{ name: string }>("SELECT name FROM shard") : [];
  if (found === undefined) {
    throw new MoveError(
      "SHARD_NOT_SET_UP",
      `${shard} is not set up: start an order instance of this version that has it in ORDERMESH_SHARDS, then repeat`,
    );
  }
  if (found.name !== shard) {
    throw new MoveError("SHARD_MIXED_UP", `ORDERMESH_SHARDS: the database given for ${shard} is that of ${found.name}`);
  }
}

function sessionOver(shard: string, client: Client): ShardSession {
  const query = (text: string, values: readonly unknown[] = []) => client.query<Row>(text, [...values]);
  const tryLock = async (): Promise<boolean> => {
    const { rows } = await query(`SELECT pg_try_advisory_lock(${lockKeys}) AS held`);
    return rows[0]?.["held"] === true;
  };
  return {
    shard,
    // Statements name their columns, and their callers the types.
    rows: async <R extends object>(text: string, values?: readonly unknown[]) =>
      (await query(text, values)).rows as unknown as R[],
    run: async (text, values) => (await query(text, values)).rowCount ?? 0,
    async transaction(work, mode = "") {
      await query(`BEGIN ${mode}`);
      try {
        const result = await work();
        await query("COMMIT");
        return result;
      } catch (error) {
        await query("ROLLBACK").catch(() => undefined); // the first error tells more
        throw error;
      }
    },
    async lock() {
      const giveUpAt = performance.now() + LOCK_WAIT_MS;
      while (!(await tryLock())) {
        if (performance.now() > giveUpAt) {
          throw new MoveError("MOVE_BUSY", `another mover works on ${shard}: wait for it, or stop it and repeat`);
        }
        await delay(LOCK_POLL_MS);
      }
    },
    close: () => client.end().catch(() => undefined), // it has ended already
  };
}
