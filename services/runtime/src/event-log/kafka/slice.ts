import type { EachBatchPayload } from "kafkajs";
import type { LogRecord } from "../port.ts";
import type { Lease } from "./lease.ts";
import { toLogRecord } from "./message-record.ts";

/** What one fetch brought of one partition, on its way through the lanes. */
export interface Slice {
  readonly payload: EachBatchPayload;
  readonly lease: Lease;
  /** Messages that have been handled. */
  handled: number;
  /** Gives the partition back to kafkajs, which then fetches on behind what was resolved. */
  readonly done: PromiseWithResolvers<void>;
}

/** The part of a slice that goes into one batch. */
export interface Piece {
  readonly slice: Slice;
  readonly records: readonly LogRecord[];
}

/** Takes from the slices, in their order, up to `maxRecords` records that were not handled yet. */
export function takePieces(slices: Iterable<Slice>, maxRecords: number): Piece[] {
  const pieces: Piece[] = [];
  let room = maxRecords;
  for (const slice of slices) {
    if (room === 0) break;
    const { topic, partition, messages } = slice.payload.batch;
    // Decoded only now: of what waits, the bytes alone are held.
    const records = messages
      .slice(slice.handled, slice.handled + room)
      .map((message) => toLogRecord(topic, partition, message));
    pieces.push({ slice, records });
    room -= records.length;
  }
  return pieces;
}

/** Moves the partition behind the piece. What was handled under a lost lease is left to whoever has it now. */
export function resolvePiece({ slice, records }: Piece): void {
  const last = records.at(-1);
  if (slice.lease.lost.aborted || last === undefined) return;
  slice.payload.resolveOffset(String(last.offset));
  slice.handled += records.length;
}

/** Records of the slice that were not handled yet. */
export function remaining({ payload, handled }: Slice): number {
  return payload.batch.messages.length - handled;
}

/** Returns the slice to kafkajs; with the error that makes its runner join again if the lease has ended with one. */
export function giveBack({ lease, done }: Slice): void {
  const error = lease.whyRejoin();
  if (error === undefined) done.resolve();
  else done.reject(error);
}
