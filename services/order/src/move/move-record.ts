// The record of a move, kept at the shard that gives the buckets away.
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { formatBuckets } from "./bucket-ranges.ts";
import { MoveError } from "./move-error.ts";
import type { ShardSession } from "./shard-session.ts";

/** In their order; `abort` comes in place of those up to `switch`. */
export const stepNames = [
  "plan",
  "capture",
  "copy",
  "catch-up",
  "verify",
  "fence",
  "drain",
  "switch",
  "activate",
  "clean",
] as const;
export type StepName = (typeof stepNames)[number];
const recordedStep = z.enum([...stepNames, "abort"]);
export type RecordedStep = z.output<typeof recordedStep>;

const count = z.number().default(0);
const progressShape = z.object({
  /** The newest order when the copy began; later ones are captured. */
  copyUntil: z.uuid().optional(),
  /** The last order that the copy has passed. */
  orderPosition: z.uuid().optional(),
  keyPosition: z.tuple([z.string(), z.string()]).optional(),
  /** Orders of all buckets that the copy has passed, about how many there are, and how many were of these buckets. */
  passedOrders: count,
  allOrders: count,
  copiedOrders: count,
  /** Rows of all tables, those of captured changes included. */
  copiedRows: count,
  copiedKeys: count,
  cleanedOrders: count,
  fences: count,
  longestPauseMs: count,
  startMs: count,
});
export type Progress = z.output<typeof progressShape>;

export interface MoveRecord {
  readonly id: string;
  readonly source: string;
  readonly target: string;
  readonly buckets: readonly number[];
  step: RecordedStep;
  progress: Progress;
}

interface MoveRow {
  id: string;
  target: string;
  buckets: number[];
  step: string;
  progress: unknown;
}

/** The move from this shard that was begun and not finished. */
export async function readUnfinished(source: ShardSession): Promise<MoveRecord | undefined> {
  const [row] = await source.rows<MoveRow>(
    "SELECT id, target, buckets, step, progress FROM bucket_move WHERE finish_time IS NULL",
  );
  if (row === undefined) return undefined;
  return {
    ...row,
    source: source.shard,
    step: recordedStep.parse(row.step),
    progress: progressShape.parse(row.progress),
  };
}

/** Records a new move and marks its buckets at the source. Throws BUCKETS_CHANGED when one is not free to go. */
export function recordMove(source: ShardSession, target: string, buckets: readonly number[]): Promise<MoveRecord> {
  const id = randomUUID();
  const progress = progressShape.parse({ startMs: Date.now() });
  return source.transaction(async () => {
    await source.run("INSERT INTO bucket_move (id, target, buckets, step, progress) VALUES ($1, $2, $3, $4, $5)", [
      id,
      target,
      buckets,
      "plan",
      progress,
    ]);
    const marked = await source.run(
      `UPDATE bucket SET move_id = $1, peer = $2
       WHERE bucket = ANY ($3::smallint[]) AND state = 'OWNED' AND move_id IS NULL`,
      [id, target, buckets],
    );
    if (marked !== buckets.length) {
      throw new MoveError(
        "BUCKETS_CHANGED",
        `${buckets.length - marked} of the buckets ${formatBuckets(buckets, 5)} are not ${source.shard}'s, or another move has them`,
      );
    }
    return { id, source: source.shard, target, buckets, step: "plan", progress };
  });
}

/** Notes the step that the move is about to take. */
export async function saveStep(source: ShardSession, move: MoveRecord, step: RecordedStep): Promise<void> {
  move.step = step;
  await save(source, move);
}

/** Notes how far the move has come. */
export async function saveProgress(source: ShardSession, move: MoveRecord, news: Partial<Progress>): Promise<void> {
  move.progress = { ...move.progress, ...news };
  await save(source, move);
}

async function save(source: ShardSession, { id, step, progress }: MoveRecord): Promise<void> {
  await source.run("UPDATE bucket_move SET step = $2, progress = $3, update_time = now() WHERE id = $1", [
    id,
    step,
    progress,
  ]);
}

/** Closes the record. */
export async function finishMove(source: ShardSession, { id }: MoveRecord): Promise<void> {
  await source.run("UPDATE bucket_move SET finish_time = now(), update_time = now() WHERE id = $1", [id]);
}
