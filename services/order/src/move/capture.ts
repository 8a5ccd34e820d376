// Switches the capture of changes to moving buckets on and off, and hands out what was captured.
import { setTimeout as delay } from "node:timers/promises";
import type { KeyName } from "./idempotency-keys.ts";
import { MoveError } from "./move-error.ts";
import type { ShardSession } from "./shard-session.ts";

const triggers = [
  { table: "orders", trigger: "moving_orders_inserted" },
  { table: "orders", trigger: "moving_orders_updated" },
  { table: "idempotency_key", trigger: "moving_keys_inserted" },
] as const;

// Switching waits for writers, and new writers wait behind it: so only for a moment, and then it stands back.
const LOCK_TIMEOUT_MS = 500;
// A lock is only then taken away from an autovacuum of the table when somebody has waited longer than deadlock_timeout,
// which is a second.
const VACUUM_LOCK_TIMEOUT_MS = 1_300;
const TRIES = 40;
const PAUSE_MS = 250;
const lockNotAvailable = "55P03";

/**
 * Captures every change of buckets that are marked as moving. When this resolves, whatever is not captured is committed
 * and can be read: the lock that switching takes waits for all who have written to the table, and whoever writes after it
 * sees the trigger.
 */
export const captureOn = (source: ShardSession, onRetry: (text: string) => void): Promise<void> =>
  switchTriggers(source, "ENABLE", onRetry);

/** Captures nothing any more, and forgets what was captured. */
export async function captureOff(source: ShardSession, onRetry: (text: string) => void): Promise<void> {
  await switchTriggers(source, "DISABLE", onRetry);
  await source.run("DELETE FROM moving_order");
  await source.run("DELETE FROM moving_key");
}

async function switchTriggers(
  source: ShardSession,
  action: "ENABLE" | "DISABLE",
  onRetry: (text: string) => void,
): Promise<void> {
  // One table after the other: whoever holds one lock and waits for the next may meet a writer who does the opposite.
  for (const { table, trigger } of triggers) {
    await withTableLock(source, table, onRetry, () => source.run(`ALTER TABLE ${table} ${action} TRIGGER ${trigger}`));
  }
}

async function withTableLock(
  source: ShardSession,
  table: string,
  onRetry: (text: string) => void,
  work: () => Promise<unknown>,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const timeoutMs = (await isVacuumed(source, table)) ? VACUUM_LOCK_TIMEOUT_MS : LOCK_TIMEOUT_MS;
    try {
      await source.transaction(async () => {
        await source.run(`SET LOCAL lock_timeout = ${timeoutMs}`);
        await work();
      });
      return;
    } catch (error) {
      if (!(error instanceof Error) || Reflect.get(error, "code") !== lockNotAvailable) throw error;
      if (attempt === TRIES) {
        throw new MoveError(
          "TABLE_BUSY",
          `table ${table} of ${source.shard} could not be locked for a moment: ${TRIES} times somebody held it longer ` +
            `than ${timeoutMs} ms; look for long transactions in pg_stat_activity, then resume`,
          { cause: error },
        );
      }
      onRetry(`waiting for a moment without long writers of table ${table}`);
    }
    await delay(PAUSE_MS);
  }
}

async function isVacuumed(source: ShardSession, table: string): Promise<boolean> {
  const [row] = await source.rows<{ vacuumed: boolean }>(
    `SELECT EXISTS (SELECT FROM pg_locks WHERE relation = $1::regclass AND granted AND mode = 'ShareUpdateExclusiveLock'
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())) AS vacuumed`,
    [table],
  );
  return row?.vacuumed === true;
}

export interface CapturedOrders {
  readonly seqs: readonly bigint[];
  /** Each once. */
  readonly ids: readonly string[];
}

export interface CapturedKeys {
  readonly seqs: readonly bigint[];
  readonly keys: readonly KeyName[];
}

/** Up to `limit` captured orders. They stay captured until they are forgotten by their numbers. */
export async function capturedOrders(source: ShardSession, limit: number): Promise<CapturedOrders> {
  const rows = await source.rows<{ seq: bigint; id: string }>(
    "SELECT seq, order_id AS id FROM moving_order ORDER BY seq LIMIT $1",
    [limit],
  );
  return { seqs: rows.map(({ seq }) => seq), ids: [...new Set(rows.map(({ id }) => id))] };
}

/** Up to `limit` captured keys. */
export async function capturedKeys(source: ShardSession, limit: number): Promise<CapturedKeys> {
  const rows = await source.rows<KeyName & { seq: bigint }>(
    "SELECT seq, caller, key FROM moving_key ORDER BY seq LIMIT $1",
    [limit],
  );
  return { seqs: rows.map(({ seq }) => seq), keys: rows.map(({ caller, key }) => ({ caller, key })) };
}

// By number, never up to a number: numbers are given out before the commit, so a lower one may appear after a higher.
export const forgetOrders = (source: ShardSession, seqs: readonly bigint[]): Promise<number> =>
  source.run("DELETE FROM moving_order WHERE seq = ANY ($1::bigint[])", [seqs]);

export const forgetKeys = (source: ShardSession, seqs: readonly bigint[]): Promise<number> =>
  source.run("DELETE FROM moving_key WHERE seq = ANY ($1::bigint[])", [seqs]);
