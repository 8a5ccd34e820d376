import { setTimeout as delay } from "node:timers/promises";
import type { EachBatchPayload } from "kafkajs";
import { createPace } from "../../batching/index.ts";
import type { Logger } from "../../logging/index.ts";
import type { SubscribeOptions } from "../port.ts";
import { batchPace } from "../timing.ts";
import { createFailingPartitions } from "./failing-partitions.ts";
import type { Lease } from "./lease.ts";
import { giveBack, type Piece, remaining, resolvePiece, type Slice, takePieces } from "./slice.ts";

/**
 * Handles what a consumer fetches. The main lane merges what waits of all partitions into one batch at a time; a
 * partition that fails leaves it until it succeeds, so that it delays no other.
 */
export interface Lanes {
  /**
   * Takes what one fetch brought of a partition. Settles when kafkajs may fetch on: all is handled and resolved, or
   * the partition fails and is paused, or the lease has ended.
   */
  accept(payload: EachBatchPayload, lease: Lease): Promise<void>;
  /** Begins no more batches and waits for those in flight. What waits is kept until `release`. */
  stop(): Promise<void>;
  /** Gives back unhandled what waits, and whatever else comes. */
  release(): void;
}

export interface LanesOptions extends Pick<SubscribeOptions, "maxRecords" | "handle"> {
  /** Some partition has moved on. */
  progressed(): void;
  /** Makes sure, where there is doubt, that the lease has not ended. */
  confirm(): Promise<void>;
  readonly logger: Logger;
}

export function createLanes(options: LanesOptions): Lanes {
  const { maxRecords, handle, progressed, confirm, logger } = options;
  const waiting = new Set<Slice>();
  const stopping = new AbortController();
  const failing = createFailingPartitions({ ...options, stopping: stopping.signal });
  const pace = createPace(batchPace);
  let running: Promise<void> | undefined;
  let released = false;
  let startedAt = Number.NEGATIVE_INFINITY;

  async function run(): Promise<void> {
    while (waiting.size > 0 && !stopping.signal.aborted) {
      await untilNextStart();
      await confirm();
      for (const slice of waiting) if (slice.lease.ended.aborted) finish(slice);
      const pieces = stopping.signal.aborted ? [] : takePieces(waiting, maxRecords);
      if (pieces.length > 0) {
        startedAt = performance.now();
        await deliver(pieces);
      }
    }
    running = undefined;
  }

  /** A batch that is full already gains nothing by waiting. */
  async function untilNextStart(): Promise<void> {
    const rest = startedAt + pace.intervalMs() - performance.now();
    if (rest <= 0 || sum(waiting) >= maxRecords) return;
    await delay(rest, undefined, { signal: stopping.signal }).catch(() => undefined);
  }

  async function deliver(pieces: readonly Piece[]): Promise<void> {
    const [first] = pieces;
    if (first === undefined) return;
    const { lease } = first.slice;
    const records = pieces.length === 1 ? first.records : pieces.flatMap((piece) => piece.records);
    try {
      await handle({ records, signal: lease.lost });
    } catch (error) {
      if (lease.lost.aborted) {
        logger.debug({ err: error }, "event log: batch of a lost lease failed");
        return;
      }
      if (pieces.length === 1) {
        failing.add(first, error);
        finish(first.slice);
        return;
      }
      logger.debug({ err: error }, "event log: batch failed, trying each of its partitions alone");
      for (const piece of pieces) if (!lease.ended.aborted) await deliver([piece]);
      return;
    }
    pace.passed(records.length);
    for (const piece of pieces) {
      resolvePiece(piece);
      if (remaining(piece.slice) === 0) finish(piece.slice);
    }
    progressed();
  }

  /** Nothing here should throw; if it does, the consumer must not wait for ever: it crashes and is made anew. */
  function giveUp(error: unknown): void {
    running = undefined;
    for (const slice of waiting) slice.done.reject(error);
    waiting.clear();
  }

  function finish(slice: Slice): void {
    waiting.delete(slice);
    giveBack(slice);
  }

  return {
    async accept(payload, lease) {
      if (released) return;
      const slice: Slice = { payload, lease, handled: 0, done: Promise.withResolvers() };
      waiting.add(slice);
      running ??= run().catch(giveUp);
      await slice.done.promise;
    },
    async stop() {
      stopping.abort();
      await running;
      await failing.settled();
    },
    release() {
      released = true;
      for (const slice of waiting) finish(slice);
    },
  };
}

function sum(slices: Iterable<Slice>): number {
  let records = 0;
  for (const slice of slices) records += remaining(slice);
  return records;
}
