// The steps of a move. Each may be begun again after the mover died in it, or after it.
import { formatBuckets } from "./bucket-ranges.ts";
import { removeBucketRows } from "./bucket-rows.ts";
import { captureOff, captureOn } from "./capture.ts";
import { catchUp } from "./catch-up.ts";
import { copyAll } from "./copy.ts";
import { LEASE_MS, lowerFence } from "./fence.ts";
import { activate, drain, fence, switchOver } from "./hand-over.ts";
import type { MoveContext } from "./move-context.ts";
import { MoveError } from "./move-error.ts";
import { finishMove, type RecordedStep, type StepName, saveProgress, saveStep } from "./move-record.ts";
import { verifyAll } from "./verify.ts";

type Step = (context: MoveContext) => Promise<StepName | undefined>;

/** What each step does, and which comes next. */
const steps: Readonly<Record<StepName, Step>> = {
  async plan(context) {
    await reserveBuckets(context);
    return "capture";
  },
  async capture({ source, report }) {
    await captureOn(source, report.note);
    return "copy";
  },
  async copy(context) {
    await copyAll(context);
    return "catch-up";
  },
  async "catch-up"(context) {
    await catchUp(context);
    return "verify";
  },
  async verify(context) {
    if (!context.bulkVerified) {
      context.unverified.orders.clear();
      context.unverified.keys.clear();
      await verifyAll(context);
      context.bulkVerified = true;
    }
    return "fence";
  },
  fence: async (context) => ((await fence(context)) ? "drain" : "catch-up"),
  drain: async (context) => ((await drain(context)) ? "switch" : "catch-up"),
  switch: async (context) => ((await switchOver(context)) ? "activate" : "catch-up"),
  async activate(context) {
    await activate(context);
    return "clean";
  },
  async clean(context) {
    await clean(context);
    return undefined;
  },
};

// Behind the fence every statement counts, and `activate` is recorded by the commit that switches.
const notRecorded: readonly StepName[] = ["drain", "switch", "activate"];

/** Takes the steps from the one that the record names to the last. */
export async function takeSteps(context: MoveContext): Promise<void> {
  const { source, move, report, signal } = context;
  let step: StepName | undefined = await firstStep(context);
  while (step !== undefined) {
    if (notRecorded.includes(step)) move.step = step;
    else {
      signal.throwIfAborted();
      await saveStep(source, move, step);
    }
    await report.step(move, step);
    step = await steps[step](context);
  }
}

/** A fence whose mover died is of no more use: what it knew of the copy is gone. */
async function firstStep(context: MoveContext): Promise<StepName> {
  const { step, progress } = context.move;
  if (step === "abort") throw new Error("a move that is taken back has no next step");
  // How long that fence stood is not known, but its lease is.
  if (step === "fence" || step === "activate") progress.longestPauseMs = Math.max(progress.longestPauseMs, LEASE_MS);
  if (step !== "fence") return step;
  await lowerFence(context);
  return "catch-up";
}

async function reserveBuckets(context: MoveContext): Promise<void> {
  const { source, target, move } = context;
  await target.run(
    `INSERT INTO bucket (bucket, state, move_id, peer)
     SELECT unnest($1::smallint[]), 'ARRIVING', $2::uuid, $3 ON CONFLICT DO NOTHING`,
    [move.buckets, move.id, source.shard],
  );
  const [found] = await target.rows<{ reserved: number }>(
    `SELECT count(*)::int AS reserved FROM bucket
     WHERE bucket = ANY ($1::smallint[]) AND state = 'ARRIVING' AND move_id = $2`,
    [move.buckets, move.id],
  );
  if (found?.reserved !== move.buckets.length) {
    throw new MoveError(
      "BUCKETS_CHANGED",
      `${target.shard} has some of the buckets ${formatBuckets(move.buckets, 5)} from another move; take this one back with --abort`,
    );
  }
  // What an earlier move may have left there would pass for orders that the source has lost.
  await removeBucketRows(context, target, async () => undefined);
}

async function clean(context: MoveContext): Promise<void> {
  const { source, move, report } = context;
  await captureOff(source, report.note);
  let passedInAll = 0;
  await removeBucketRows(context, source, async (removed, passed) => {
    passedInAll += passed;
    await saveProgress(source, move, { cleanedOrders: move.progress.cleanedOrders + removed });
    report.progress(move, Math.min(1, passedInAll / Math.max(1, move.progress.allOrders)));
  });
  await source.transaction(async () => {
    await source.run("DELETE FROM bucket WHERE move_id = $1 AND state = 'RELEASED'", [move.id]);
    await finishMove(source, move);
  });
}

const mayBeTakenBack = (step: RecordedStep): boolean => step !== "activate" && step !== "clean";

/** Takes a move back that is not switched yet. Throws MOVE_PAST_SWITCH when it is. */
export async function takeBack(context: MoveContext): Promise<void> {
  const { source, target, move, report } = context;
  if (!mayBeTakenBack(move.step)) {
    throw new MoveError(
      "MOVE_PAST_SWITCH",
      `the buckets ${formatBuckets(move.buckets, 5)} are ${target.shard}'s already: finish with --resume, then move them back`,
    );
  }
  await saveStep(source, move, "abort");
  await report.step(move, "abort");
  await lowerFence(context);
  await captureOff(source, report.note);
  await removeBucketRows(context, target, async () => undefined);
  await target.run("DELETE FROM bucket WHERE move_id = $1 AND state = 'ARRIVING'", [move.id]);
  await source.transaction(async () => {
    await source.run("UPDATE bucket SET move_id = NULL, peer = NULL WHERE move_id = $1", [move.id]);
    await finishMove(source, move);
  });
}
