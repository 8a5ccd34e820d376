// The fence: for a moment nobody writes the moving buckets, so that the last changes can follow.
import { setTimeout as delay } from "node:timers/promises";
import { formatBuckets } from "./bucket-ranges.ts";
import type { MoveContext, StandingFence } from "./move-context.ts";
import { MoveError } from "./move-error.ts";
import type { ShardSession } from "./shard-session.ts";

/** When the mover dies behind its fence, whoever finds it after this time takes it down. */
export const LEASE_MS = 1_000;
/** A mover that lives gives up before that, so that it never works behind a fence that is no more. */
export const GIVE_UP_MS = 800;
/** Most that one statement behind the fence may take. */
const STATEMENT_TIMEOUT_MS = 600;
const POLL_MS = 5;
/** How long the mover waits, without a fence, for a moment in which one would hold. */
const CALM_WAIT_MS = 2_000;
/** With older events the relay would take too long to publish them behind the fence. */
const CALM_OUTBOX_MS = 500;

/** The fence did not hold until everything was done; nothing has changed and another attempt may succeed. */
export class FenceLostError extends Error {
  override readonly name = "FenceLostError";
}

/**
 * Waits until a fence has a prospect: writers that are in the middle of a transaction now have ended, and events are
 * published as they come. Throws FenceLostError when that takes too long, which has cost nobody anything.
 */
export async function awaitCalm({ source, signal }: MoveContext): Promise<void> {
  const giveUpAt = performance.now() + CALM_WAIT_MS;
  await writersEnded(source, giveUpAt);
  for (;;) {
    signal.throwIfAborted();
    const [oldest] = await source.rows<{ ageMs: number }>(
      `SELECT (extract(epoch FROM clock_timestamp() - create_time) * 1000)::float8 AS "ageMs"
       FROM outbox ORDER BY id LIMIT 1`,
    );
    if (oldest === undefined || oldest.ageMs < CALM_OUTBOX_MS) return;
    if (performance.now() > giveUpAt) {
      throw new FenceLostError(
        `events of ${source.shard} wait to be published, the oldest for ${Math.round(oldest.ageMs / 1000)} s`,
      );
    }
    await delay(10 * POLL_MS);
  }
}

/** Refuses writes of the buckets from now on. Throws BUCKETS_CHANGED when the source no longer has them all. */
export async function raiseFence(context: MoveContext): Promise<StandingFence> {
  const { source, target, move } = context;
  for (const session of [source, target]) await session.run(`SET statement_timeout = ${STATEMENT_TIMEOUT_MS}`);
  const raisedAt = performance.now();
  const fence = { raisedAt, giveUpAt: raisedAt + GIVE_UP_MS };
  context.fence = fence;
  const fenced = await source.run(
    `UPDATE bucket SET state = 'FENCED', move_id = $1, peer = $2,
                       fence_until = clock_timestamp() + make_interval(secs => $4::float8 / 1000)
     WHERE bucket = ANY ($3::smallint[]) AND state = 'OWNED' AND (move_id IS NULL OR move_id = $1)`,
    [move.id, target.shard, move.buckets, LEASE_MS],
  );
  if (fenced !== move.buckets.length) {
    throw new MoveError(
      "BUCKETS_CHANGED",
      `${move.buckets.length - fenced} of the buckets ${formatBuckets(move.buckets, 5)} are no longer ${source.shard}'s`,
    );
  }
  return fence;
}

/** Lets writes of the buckets through again, where the source still has them. */
export async function lowerFence(context: MoveContext): Promise<void> {
  const { source, move } = context;
  await source.run("UPDATE bucket SET state = 'OWNED', fence_until = NULL WHERE move_id = $1 AND state = 'FENCED'", [
    move.id,
  ]);
  endPause(context);
}

/** Notes how long writes were refused. */
export function endPause(context: MoveContext): void {
  const { fence, move } = context;
  if (fence === undefined) return;
  context.fence = undefined;
  const pauseMs = performance.now() - fence.raisedAt;
  move.progress.longestPauseMs = Math.max(move.progress.longestPauseMs, Math.ceil(pauseMs));
}

/** Ends the time limit of statements. */
export async function liftTimeouts({ source, target }: MoveContext): Promise<void> {
  for (const session of [source, target]) await session.run("RESET statement_timeout");
}

/**
 * Waits until all have ended who may write the buckets without having seen the fence. Every writer locks table `orders`
 * before it looks at the buckets, so those are among the holders of such locks after the fence was committed; who comes
 * later sees it. Throws FenceLostError.
 */
export async function writersEnded(source: ShardSession, giveUpAt: number): Promise<void> {
  let waiting = await writers(source);
  while (waiting.length > 0) {
    if (performance.now() > giveUpAt) throw new FenceLostError(await blame(source, waiting));
    await delay(POLL_MS);
    const now = new Set(await writers(source));
    waiting = waiting.filter((writer) => now.has(writer));
  }
}

/** The last event that waits to be published, by its number in the outbox. */
export async function newestEvent(source: ShardSession): Promise<bigint | undefined> {
  const [newest] = await source.rows<{ id: bigint }>("SELECT id FROM outbox ORDER BY id DESC LIMIT 1");
  return newest?.id;
}

/**
 * Waits until the events up to `newest` are published, so that none can come after its successors from the target.
 * Throws FenceLostError.
 */
export async function published(source: ShardSession, newest: bigint | undefined, giveUpAt: number): Promise<void> {
  if (newest === undefined) return;
  for (;;) {
    const [oldest] = await source.rows<{ id: bigint }>("SELECT id FROM outbox WHERE id <= $1 ORDER BY id LIMIT 1", [
      newest,
    ]);
    if (oldest === undefined) return;
    if (performance.now() > giveUpAt) {
      throw new FenceLostError(`outbox row ${oldest.id} of ${source.shard} is not published yet`);
    }
    await delay(POLL_MS);
  }
}

/** Transactions that hold a lock which a writer of orders takes, by their virtual ids. */
async function writers(source: ShardSession): Promise<string[]> {
  const rows = await source.rows<{ writer: string }>(
    `SELECT DISTINCT virtualtransaction AS writer FROM pg_locks
     WHERE relation = 'orders'::regclass AND mode IN ('RowShareLock', 'RowExclusiveLock') AND granted
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
       AND pid IS DISTINCT FROM pg_backend_pid()`,
  );
  return rows.map(({ writer }) => writer);
}

async function blame(source: ShardSession, waiting: readonly string[]): Promise<string> {
  const rows = await source.rows<{ pid: number; name: string; seconds: number }>(
    `SELECT DISTINCT a.pid, coalesce(a.application_name, '?') AS name,
            coalesce(extract(epoch FROM clock_timestamp() - a.xact_start), 0)::float8 AS seconds
     FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE l.virtualtransaction = ANY ($1)`,
    [waiting],
  );
  const who = rows.map(({ pid, name, seconds }) => `${name} (pid ${pid}, open for ${seconds.toFixed(1)} s)`);
  return `a transaction that writes orders of ${source.shard} does not end: ${who.join(", ") || waiting.join(", ")}`;
}
