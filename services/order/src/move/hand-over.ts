// From fence to switch: the part of a move in which writes wait, and which may be tried more than once.
import { setTimeout as delay } from "node:timers/promises";
import { catchUp, catchUpFully } from "./catch-up.ts";
import {
  awaitCalm,
  endPause,
  FenceLostError,
  GIVE_UP_MS,
  liftTimeouts,
  lowerFence,
  newestEvent,
  published,
  raiseFence,
  writersEnded,
} from "./fence.ts";
import type { MoveContext, StandingFence } from "./move-context.ts";
import { MoveError } from "./move-error.ts";
import { saveProgress } from "./move-record.ts";
import { verifyRecent, verifyRest } from "./verify.ts";

const MOST_ATTEMPTS = 12;
const BACKOFF_MS = 250;
const LONGEST_BACKOFF_MS = 5_000;
/** How long a target may take to answer after the fence was lowered before it is taken to hang. */
const HUNG_MS = 2_000;

/** Raises the fence at a moment that looks good. Resolves with false when this attempt failed. */
export const fence = (context: MoveContext): Promise<boolean> =>
  attempt(context, async () => {
    await awaitCalm(context);
    await catchUp(context);
    await verifyRecent(context);
    // Noted before: who dies behind the fence notes nothing.
    await saveProgress(context.source, context.move, { fences: context.move.progress.fences + 1 });
    await raiseFence(context);
  });

/** Sees the last writers off, brings their changes to the target, and compares what was not compared before. */
export const drain = (context: MoveContext): Promise<boolean> =>
  attempt(context, async () => {
    const { source } = context;
    const { giveUpAt } = standing(context);
    await writersEnded(source, giveUpAt);
    // No later event is one of these buckets', so the wait for them goes on while changes are copied.
    const newest = await newestEvent(source);
    await beforeLease(context, giveUpAt, async () => {
      await catchUpFully(context, giveUpAt);
      await verifyRest(context);
    });
    await published(source, newest, giveUpAt);
  });

/** Gives the buckets away, in one commit: from here on there is no way back but another move. */
export const switchOver = (context: MoveContext): Promise<boolean> =>
  attempt(context, () => {
    const { source, move } = context;
    const { giveUpAt } = standing(context);
    return source.transaction(async () => {
      const released = await source.run(
        `UPDATE bucket SET state = 'RELEASED', fence_until = NULL
         WHERE bucket = ANY ($2::smallint[]) AND state = 'FENCED' AND move_id = $1`,
        [move.id, move.buckets],
      );
      if (released !== move.buckets.length) throw new FenceLostError("its lease ended and writes went on");
      if (performance.now() > giveUpAt) throw tooLong();
      await source.run("UPDATE bucket_move SET step = 'activate', progress = $2, update_time = now() WHERE id = $1", [
        move.id,
        move.progress,
      ]);
    });
  });

function standing({ fence }: MoveContext): StandingFence {
  if (fence === undefined) throw new Error("there is no fence");
  return fence;
}

const tooLong = (): FenceLostError => new FenceLostError(`there was more to do than fits in ${GIVE_UP_MS} ms`);

/** Runs work with the target; when it is not done in time, the fence is lowered before anything else is thought about. */
async function beforeLease(context: MoveContext, giveUpAt: number, work: () => Promise<void>): Promise<void> {
  const working = work().then(() => true);
  working.catch(() => undefined); // looked at below, or too late to matter
  const timer = new AbortController();
  const late = delay(Math.max(0, giveUpAt - performance.now()), false, { signal: timer.signal });
  late.catch(() => undefined); // stopped when the work was in time
  try {
    if (await Promise.race([working, late])) return;
  } finally {
    timer.abort();
  }
  await lowerFence(context);
  const settled = await Promise.race([working.catch(() => true), delay(HUNG_MS, false, { ref: false })]);
  if (settled) throw tooLong();
  throw new MoveError(
    "SHARD_HUNG",
    `${context.target.shard} does not answer; ${context.source.shard} keeps the buckets. Resume when it is back`,
  );
}

/** Runs a part of the hand-over. Whatever goes wrong, no fence stays; what another attempt may mend resolves to false. */
async function attempt(context: MoveContext, work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (context.fence !== undefined) await lowerFence(context);
    if (!mendable(error)) throw error;
    await liftTimeouts(context);
    await waitForNext(context, error.message);
    return false;
  }
}

// A statement that ran out of its time, or was the victim of a deadlock, behind the fence.
const mendableCodes: readonly unknown[] = ["57014", "40P01"];

const mendable = (error: unknown): error is Error =>
  error instanceof FenceLostError || (error instanceof Error && mendableCodes.includes(Reflect.get(error, "code")));

async function waitForNext(context: MoveContext, reason: string): Promise<void> {
  const { source, move, lostFences, report, signal } = context;
  lostFences.push(reason);
  await saveProgress(source, move, {});
  if (lostFences.length === MOST_ATTEMPTS) {
    throw new MoveError(
      "FENCE_GIVEN_UP",
      `${MOST_ATTEMPTS} attempts to hand the buckets over failed, the last because ${reason}. ` +
        `${source.shard} keeps them; mend that and resume, or take the move back with --abort`,
    );
  }
  report.note(`attempt ${lostFences.length} to hand over failed: ${reason}`);
  await delay(Math.min(LONGEST_BACKOFF_MS, BACKOFF_MS * 2 ** (lostFences.length - 1)), undefined, { signal });
}

/** Makes the buckets the target's. An order instance that finds them released does the same. */
export async function activate(context: MoveContext): Promise<void> {
  const { source, target, move } = context;
  await target.run(
    `UPDATE bucket SET state = 'OWNED', move_id = NULL, peer = NULL
     WHERE bucket = ANY ($2::smallint[]) AND state = 'ARRIVING' AND move_id = $1`,
    [move.id, move.buckets],
  );
  endPause(context);
  await liftTimeouts(context);
  const [found] = await target.rows<{ owned: number }>(
    "SELECT count(*)::int AS owned FROM bucket WHERE bucket = ANY ($1::smallint[]) AND state IN ('OWNED', 'FENCED')",
    [move.buckets],
  );
  if (found?.owned !== move.buckets.length) {
    throw new MoveError(
      "BUCKETS_CHANGED",
      `${source.shard} has released buckets to ${target.shard}, which has only ${found?.owned ?? 0} of ` +
        `${move.buckets.length}: look at table bucket of both`,
    );
  }
  await saveProgress(source, move, {});
}
