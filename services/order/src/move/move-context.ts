// What the steps of a move work with.
import type { KeyName } from "./idempotency-keys.ts";
import type { MoveRecord, StepName } from "./move-record.ts";
import type { MovedTables } from "./moved-tables.ts";
import type { CopyPace } from "./pace.ts";
import type { ShardSession } from "./shard-session.ts";

/** What a mover tells while it works. */
export interface MoveReport {
  /** A step is about to be taken. The move waits for what it returns. */
  step(move: MoveRecord, step: StepName | "abort"): void | Promise<void>;
  /** How much of the step is done, as a share from 0 to 1. */
  progress(move: MoveRecord, share: number): void;
  /** Something happened that takes time. */
  note(text: string): void;
}

/** A fence that stands: writes of the buckets are refused meanwhile. */
export interface StandingFence {
  /** By performance.now(). */
  readonly raisedAt: number;
  /** When the mover gives it up, before its lease ends. */
  readonly giveUpAt: number;
}

export interface MoveContext {
  readonly source: ShardSession;
  readonly target: ShardSession;
  readonly move: MoveRecord;
  readonly tables: MovedTables;
  readonly pace: CopyPace;
  readonly report: MoveReport;
  /** Aborted when the operator wants the mover to stop; it does so between two statements, never behind a fence. */
  readonly signal: AbortSignal;
  /** Written at the target since the bulk was compared. */
  readonly unverified: { readonly orders: Set<string>; readonly keys: Map<string, KeyName> };
  bulkVerified: boolean;
  fence: StandingFence | undefined;
  /** Why fences of this run did not hold, the latest last. */
  readonly lostFences: string[];
}
