// Puts the fresh table in the live one's place, in one transaction for which the writers wait.
import { setTimeout as delay } from "node:timers/promises";
import type { Client } from "pg";
import { countMessages, countWaiting } from "./fresh-store.ts";
import { RebuildError } from "./rebuild-error.ts";
import { planTakeover } from "./table-shape.ts";

export interface TakeoverOptions {
  readonly client: Client;
  /** Reads the log to its end once more and takes in what it finds; nothing else is applied meanwhile. */
  catchUp(signal: AbortSignal): Promise<void>;
  /** How long that may take while writers wait, in milliseconds. */
  readonly catchUpMs: number;
  readonly signal: AbortSignal;
}

export interface Takeover {
  /** From asking for the lock to the commit: how long a writer waited at most, in milliseconds. */
  readonly pauseMs: number;
  readonly tries: number;
  /** Messages of the store that is swapped in. */
  readonly messages: number;
  /** Events that the live consumer has yet to apply, or has dead-lettered. */
  readonly waiting: number;
}

const TRIES = 10;
const FIRST_WAIT_MS = 100;

// Writers queue behind the first lock, readers behind the second, so both give up soon. Vacuum makes way within one
// second. A rebuild that stands still or is cut off holds the writers up no longer than the last time-out.
const BEGIN = "BEGIN; SET LOCAL lock_timeout = '2s'; SET LOCAL idle_in_transaction_session_timeout = '30s'";
const HOLD_WRITERS = "LOCK TABLE notification IN SHARE ROW EXCLUSIVE MODE";
const HOLD_READERS =
  "SET LOCAL lock_timeout = '500ms'; LOCK TABLE notification IN ACCESS EXCLUSIVE MODE; SET LOCAL lock_timeout = 0";

// Delivered since it was taken in.
const CARRY_OVER = `
  UPDATE notification_rebuild fresh SET deliver_time = live.deliver_time FROM notification live
  WHERE fresh.deliver_time IS NULL AND live.order_id = fresh.order_id AND live.kind = fresh.kind
    AND live.id = fresh.id AND live.deliver_time IS NOT NULL`;

const REPLACE = [
  "DROP TABLE notification_rebuild_waiting, notification",
  "ALTER TABLE notification_rebuild RENAME TO notification",
];

/**
 * Swaps the tables; either all of it happens or nothing. Tries again where a lock is not to be had.
 * @throws RebuildError STORE_BUSY when it never is, STORE_CHANGED when the tables are not alike, LOG_AWAY when the log
 * is not read in time
 */
export async function takeOver(options: TakeoverOptions): Promise<Takeover> {
  for (let tries = 1; ; tries += 1) {
    try {
      return { ...(await swapOnce(options)), tries };
    } catch (error) {
      if (!isLockLost(error)) throw error;
      if (tries === TRIES) {
        throw new RebuildError(
          "STORE_BUSY",
          `table notification was locked by others at each of ${TRIES} tries: wait for what uses it (a dump, a long query) and rebuild again`,
          { cause: error },
        );
      }
    }
    await delay(FIRST_WAIT_MS * tries, undefined, { signal: options.signal });
  }
}

async function swapOnce({ client, catchUp, catchUpMs, signal }: TakeoverOptions): Promise<Omit<Takeover, "tries">> {
  const start = performance.now();
  await client.query(BEGIN);
  try {
    await client.query(HOLD_WRITERS);
    await inTime(catchUp, catchUpMs, signal);
    await client.query(CARRY_OVER);
    const messages = await countMessages(client);
    const waiting = await countWaiting(client);
    await client.query(HOLD_READERS);
    const names = await planTakeover(client);
    signal.throwIfAborted();
    await client.query([...REPLACE, ...names].join(";\n"));
    await client.query("COMMIT");
    return { pauseMs: performance.now() - start, messages, waiting };
  } catch (error) {
    // Where the connection is what failed the server rolls back, and the first error tells more.
    await client.query("ROLLBACK").catch(() => undefined);
    throw error;
  }
}

/** Does not wait for a log that hangs; what is still read then is not written. */
async function inTime(catchUp: TakeoverOptions["catchUp"], timeoutMs: number, signal: AbortSignal): Promise<void> {
  const late = AbortSignal.timeout(timeoutMs);
  const stop = AbortSignal.any([signal, late]);
  const stopped = Promise.withResolvers<never>();
  const onStop = () => {
    const hung = new RebuildError("LOG_AWAY", `the event log did not answer within ${timeoutMs} ms: rebuild again`);
    stopped.reject(signal.aborted ? signal.reason : hung);
  };
  stop.addEventListener("abort", onStop, { once: true });
  try {
    await Promise.race([catchUp(stop), stopped.promise]);
  } finally {
    stop.removeEventListener("abort", onStop);
  }
}

/** Lock timeout or deadlock; the connection goes on. */
function isLockLost(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "55P03" || code === "40P01";
}
