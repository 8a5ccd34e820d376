// Moves buckets from whatever shards have them to one, and goes on with moves that were interrupted.
import type { ShardUrl } from "../shards/shard-urls.ts";
import { formatBuckets } from "./bucket-ranges.ts";
import type { MoveContext, MoveReport } from "./move-context.ts";
import { MoveError } from "./move-error.ts";
import { type MoveRecord, readUnfinished, recordMove } from "./move-record.ts";
import { readMovedTables } from "./moved-tables.ts";
import { createCopyPace } from "./pace.ts";
import { takeBack, takeSteps } from "./steps.ts";
import { ownersOf, type Survey, surveyShards } from "./survey.ts";

export interface MoverOptions {
  readonly shards: readonly ShardUrl[];
  readonly report: MoveReport;
  /** Most orders that are copied per second. */
  readonly ordersPerSecond?: number | undefined;
  /** Aborted to stop; the move can be resumed then. */
  readonly signal: AbortSignal;
}

export interface MoveRequest {
  readonly buckets: readonly number[];
  readonly to: string;
  /** Where they must be; wherever they are unless given. */
  readonly from?: string | undefined;
}

export interface MoveSummary {
  readonly source: string;
  readonly target: string;
  readonly buckets: readonly number[];
  readonly orders: number;
  /** Of all tables, rows copied more than once counted each time. */
  readonly rows: number;
  /** From the first start, interruptions included. */
  readonly seconds: number;
  readonly longestPauseMs: number;
  readonly fences: number;
}

/**
 * Moves buckets to a shard, from one shard after the other. An interrupted move that is a part of this is resumed first;
 * buckets that are there already are left alone. Throws MoveError; what was begun can be resumed, and is said so.
 */
export const moveBuckets = (options: MoverOptions, request: MoveRequest): Promise<MoveSummary[]> =>
  withSurvey(options, async (survey) => {
    const { buckets, to, from } = request;
    survey.session(to);
    for (const move of survey.unfinished) expectPartOf(request, move);
    const summaries: MoveSummary[] = [];
    for (const move of survey.unfinished) summaries.push(...(await goOn(options, survey, move)));
    for (const [source, theirs] of await ownersOf(survey, buckets)) {
      if (source === to) continue;
      if (from !== undefined && source !== from) {
        throw new MoveError("OPTION_INVALID", `--from: given ${from}, but ${formatBuckets(theirs, 5)} are ${source}'s`);
      }
      summaries.push(await begin(options, survey, source, to, theirs));
    }
    return summaries;
  });

/** Goes on with every move that was interrupted. Throws MOVE_NOT_FOUND when there is none. */
export const resumeMoves = (options: MoverOptions): Promise<MoveSummary[]> =>
  withSurvey(options, async (survey) => {
    expectSome(survey);
    const summaries: MoveSummary[] = [];
    for (const move of survey.unfinished) summaries.push(...(await goOn(options, survey, move)));
    return summaries;
  });

/** Takes every interrupted move back that has not switched. Throws MOVE_NOT_FOUND and MOVE_PAST_SWITCH. */
export const abortMoves = (options: MoverOptions): Promise<MoveRecord[]> =>
  withSurvey(options, async (survey) => {
    expectSome(survey);
    for (const move of survey.unfinished) {
      const context = await openMove(options, survey, move.source, move.target, readUnfinished);
      if (context !== undefined) await takeBack(context);
    }
    return [...survey.unfinished];
  });

async function withSurvey<T>({ shards }: MoverOptions, work: (survey: Survey) => Promise<T>): Promise<T> {
  const survey = await surveyShards(shards);
  try {
    return await work(survey);
  } finally {
    // Ending the sessions releases their locks.
    await survey.close();
  }
}

function expectSome({ unfinished, away }: Survey): void {
  if (unfinished.length > 0) return;
  const reasons = [...away.values()].map(({ message }) => `; ${message}`);
  throw new MoveError("MOVE_NOT_FOUND", `no move is unfinished${reasons.join("")}`);
}

function expectPartOf({ buckets, to }: MoveRequest, move: MoveRecord): void {
  const wanted = new Set(buckets);
  if (move.step !== "abort" && move.target === to && move.buckets.every((bucket) => wanted.has(bucket))) return;
  const what = `--buckets ${formatBuckets(move.buckets, 5)} from ${move.source} to ${move.target}`;
  throw new MoveError(
    "MOVE_UNFINISHED",
    move.step === "abort"
      ? `taking a move back (${what}) is unfinished: finish it with "move --abort"`
      : `a move (${what}) is unfinished, in step ${move.step}: finish it with "move --resume", or take it back with "move --abort"`,
  );
}

/** Resumes one move; resolves with none when another mover has finished it meanwhile. */
async function goOn(options: MoverOptions, survey: Survey, { source, target }: MoveRecord): Promise<MoveSummary[]> {
  const context = await openMove(options, survey, source, target, readUnfinished);
  if (context === undefined) return [];
  if (context.move.step === "abort") {
    await takeBack(context);
    return [];
  }
  await takeSteps(context);
  return [summaryOf(context.move)];
}

async function begin(
  options: MoverOptions,
  survey: Survey,
  source: string,
  target: string,
  buckets: readonly number[],
): Promise<MoveSummary> {
  const context = await openMove(options, survey, source, target, async (session) => {
    const [row] = await survey
      .session(target)
      .rows<{ bucket: number; peer: string }>(
        "SELECT bucket, peer FROM bucket WHERE bucket = ANY ($1::smallint[]) LIMIT 1",
        [buckets],
      );
    if (row !== undefined) {
      throw new MoveError(
        "BUCKETS_CHANGED",
        `${target} still has something of bucket ${row.bucket} from a move with ${row.peer}: finish that with --resume`,
      );
    }
    const move = await recordMove(session, target, buckets);
    return move;
  });
  if (context === undefined) throw new Error("a move was begun and is not there");
  await takeSteps(context);
  return summaryOf(context.move);
}

/** Takes the locks, so that nobody else moves from or to these shards, and only then looks at the record. */
async function openMove(
  { report, ordersPerSecond, signal }: MoverOptions,
  survey: Survey,
  sourceName: string,
  targetName: string,
  record: (source: MoveContext["source"]) => Promise<MoveRecord | undefined>,
): Promise<MoveContext | undefined> {
  const source = survey.session(sourceName);
  const target = survey.session(targetName);
  await source.lock();
  await target.lock();
  const tables = await readMovedTables(source, target);
  const move = await record(source);
  if (move === undefined) return undefined;
  return {
    source,
    target,
    move,
    tables,
    pace: createCopyPace(ordersPerSecond),
    report,
    signal,
    unverified: { orders: new Set(), keys: new Map() },
    bulkVerified: false,
    fence: undefined,
    lostFences: [],
  };
}

function summaryOf({ source, target, buckets, progress }: MoveRecord): MoveSummary {
  return {
    source,
    target,
    buckets,
    orders: progress.cleanedOrders,
    rows: progress.copiedRows,
    seconds: (Date.now() - progress.startMs) / 1000,
    longestPauseMs: progress.longestPauseMs,
    fences: progress.fences,
  };
}
