import type { Client } from "pg";
import type { Database } from "../database/index.ts";
import type { WakeUp } from "./wake-up.ts";

/** Wakes the leader: something was committed. */
export const WAKE_CHANNEL = "outbox";
/** Wakes the candidates: the leader has left. */
const VACANT_CHANNEL = "outbox_vacant";

// A session lock belongs to its database, so one pair of constants serves every outbox.
const LOCK_KEYS = "1330792773, 2";
const TRY_LOCK = { name: "outbox_try_lock", text: `SELECT pg_try_advisory_lock(${LOCK_KEYS}) AS leads` };
const CANDIDATE_POLL_MS = 500;
const QUERY_TIMEOUT_MS = 30_000;

// What the relay deletes may come back after a crash of the server, as a repeated event, so its commits need not wait
// for the disk. Its two statements have one right plan each, over the primary key: planning anew would cost more than
// running them. Keepalives make the server notice a leader whose machine is gone.
const SET_UP = `
  SET synchronous_commit = off;
  SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET enable_bitmapscan = off;
  SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3;
  LISTEN ${VACANT_CHANNEL}`;
// Candidates are not woken by commits. A leader listens before its first read, so nothing falls between.
const TAKE_OFFICE = `UNLISTEN ${VACANT_CHANNEL}; LISTEN ${WAKE_CHANNEL}`;

/**
 * The one connection on which a relay holds the lock, listens, reads and deletes. As everything goes over the connection
 * that owns the lock, a leader that has lost it cannot read on.
 */
export interface LeaderSession {
  readonly client: Client;
  /** Whether the connection has ended, and with it the leadership. */
  lost(): boolean;
  /** Waits until this session leads, `giveUp` says so, or the connection ends; resolves whether it leads. */
  lead(giveUp: () => boolean): Promise<boolean>;
  /** Gives the lock up, tells the candidates and disconnects. */
  leave(): Promise<void>;
}

/** Connects a candidate. `wakeUp` rings on every notification and when the connection ends. */
export async function openLeaderSession(database: Database, wakeUp: WakeUp): Promise<LeaderSession> {
  const client = database.dedicatedClient("outbox relay", { queryTimeoutMs: QUERY_TIMEOUT_MS });
  let ended = false;
  const onEnd = () => {
    ended = true;
    wakeUp.ring();
  };
  client.on("error", onEnd);
  client.on("end", onEnd);
  client.on("notification", () => wakeUp.ring());
  try {
    await client.connect();
    await client.query(SET_UP);
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
  return {
    client,
    lost: () => ended,
    async lead(giveUp) {
      for (;;) {
        if (ended || giveUp()) return false;
        const { rows } = await client.query<{ leads: boolean }>(TRY_LOCK);
        if (rows[0]?.leads) {
          await client.query(TAKE_OFFICE);
          return true;
        }
        await wakeUp.wait(CANDIDATE_POLL_MS * (0.75 + Math.random() / 2));
      }
    },
    async leave() {
      try {
        if (!ended) await client.query(`SELECT pg_advisory_unlock_all(), pg_notify('${VACANT_CHANNEL}', '')`);
      } finally {
        await client.end();
      }
    },
  };
}
