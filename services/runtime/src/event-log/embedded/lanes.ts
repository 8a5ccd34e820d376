import { setTimeout as delay } from "node:timers/promises";
import { backoffMs, createPace } from "../../batching/index.ts";
import type { Logger } from "../../logging/index.ts";
import type { LogBatch, LogRecord } from "../port.ts";
import { batchPace, logBackoff } from "../timing.ts";
import type { Fetched } from "./fetcher.ts";
import type { OwnedPartition, OwnedPartitions } from "./owned-partitions.ts";
import type { Waker } from "./waker.ts";

/**
 * The lanes on which one member handles records: the main lane takes all healthy partitions together; a
 * partition that fails leaves it for a lane of its own until it succeeds, so that it delays no other.
 */
export interface Lanes {
  start(): void;
  /** Whether no batch is in flight. */
  idle(): boolean;
  /** Finishes the batches in flight. */
  stop(): Promise<void>;
}

export interface LanesOptions {
  readonly owned: OwnedPartitions;
  readonly maxRecords: number;
  readonly waker: Waker;
  fetch(partitions: readonly OwnedPartition[]): Promise<Fetched>;
  handle(batch: LogBatch): Promise<void>;
  lease(): AbortSignal;
  /** Some partitions have moved on. */
  advanced(): void;
  /** A batch is done: partitions asked for can be given back. */
  betweenBatches(): Promise<void>;
  readonly logger: Logger;
}

interface Slice {
  readonly partition: OwnedPartition;
  readonly records: readonly LogRecord[];
}

// NOTIFY wakes a lane; polling only finds what a lost notification announced.
const POLL_MS = 1_000;

export function createLanes(options: LanesOptions): Lanes {
  const { owned, maxRecords, waker, logger } = options;
  const stopping = new AbortController();
  const running = new Set<Promise<void>>();
  const pace = createPace(batchPace);
  let inFlight = 0;

  function run(lane: Promise<void>): void {
    running.add(lane);
    lane.finally(() => running.delete(lane));
  }

  const pause = (ms: number) => delay(ms, undefined, { signal: stopping.signal }).catch(() => undefined);

  async function mainLane(): Promise<void> {
    for (let outage = 0; !stopping.signal.aborted; ) {
      waker.reset();
      const started = performance.now();
      const lane = owned.healthy();
      let full = false;
      try {
        full = lane.length > 0 && (await readOn(lane));
        await options.betweenBatches();
        outage = 0;
      } catch (error) {
        outage += 1;
        logger.warn({ err: error, attempt: outage }, "event log: cannot read, trying again");
        await pause(backoffMs(outage, logBackoff));
        continue;
      }
      if (!full && !stopping.signal.aborted) {
        await waker.wait(POLL_MS);
        const rest = pace.intervalMs() - (performance.now() - started);
        if (rest > 0) {
          await pause(rest);
        }
      }
    }
  }

  /** Fetches and handles once; returns whether more is waiting. Rejects when the log cannot be read. */
  async function readOn(lane: readonly OwnedPartition[]): Promise<boolean> {
    for (const partition of lane) {
      partition.busy = true;
    }
    try {
      const fetched = await options.fetch(lane);
      for (const slices of chunk(lane, fetched, maxRecords)) {
        await deliver(slices.filter(({ partition }) => owned.holds(partition) && partition.failures === 0));
        if (stopping.signal.aborted) {
          return false;
        }
      }
      return fetched.full;
    } finally {
      for (const partition of lane) {
        partition.busy = false;
      }
    }
  }

  async function handle(batch: LogBatch): Promise<void> {
    inFlight += 1;
    try {
      await options.handle(batch);
    } finally {
      inFlight -= 1;
    }
  }

  async function deliver(slices: readonly Slice[]): Promise<void> {
    if (slices.length === 0) {
      return;
    }
    const [only] = slices;
    const records = slices.length === 1 && only ? only.records : slices.flatMap((slice) => slice.records);
    try {
      await handle({ records, signal: options.lease() });
    } catch (error) {
      if (slices.length === 1 && only) {
        fail(only.partition, error);
        return;
      }
      // Which partition is at fault shows when each is tried alone; the others go on.
      for (const slice of slices) {
        await deliver(owned.holds(slice.partition) ? [slice] : []);
      }
      return;
    }
    pace.passed(records.length);
    for (const { partition, records: handled } of slices) {
      partition.nextOffset = (handled.at(-1)?.offset ?? partition.nextOffset - 1n) + 1n;
      partition.failures = 0;
    }
    options.advanced();
  }

  function fail(partition: OwnedPartition, error: unknown): void {
    partition.failures += 1;
    const { topic, partition: number, failures } = partition;
    logger.warn(
      { err: error, topic, partition: number, attempt: failures },
      "event log: batch failed, will be repeated",
    );
    if (failures === 1) {
      run(ownLane(partition));
    }
  }

  async function ownLane(partition: OwnedPartition): Promise<void> {
    while (partition.failures > 0 && owned.holds(partition) && !partition.releasing) {
      await pause(backoffMs(partition.failures, logBackoff));
      if (stopping.signal.aborted) {
        return;
      }
      if (!partition.busy) {
        await retry(partition);
      }
    }
    waker.wake();
  }

  async function retry(partition: OwnedPartition): Promise<void> {
    partition.busy = true;
    try {
      const fetched = await options.fetch([partition]);
      const [slices = []] = chunk([partition], fetched, maxRecords);
      await deliver(slices.filter((slice) => owned.holds(slice.partition)));
    } catch (error) {
      fail(partition, error);
    } finally {
      partition.busy = false;
    }
  }

  return {
    start: () => run(mainLane()),
    idle: () => inFlight === 0,
    async stop() {
      stopping.abort();
      waker.wake();
      while (running.size > 0) {
        await Promise.all(running);
      }
    },
  };
}

/** Cuts what was fetched into batches of at most `maxRecords`, in order. */
function chunk(lane: readonly OwnedPartition[], fetched: Fetched, maxRecords: number): Slice[][] {
  const batches: Slice[][] = [];
  let batch: Slice[] = [];
  let room = maxRecords;
  for (const partition of lane) {
    const records = fetched.records.get(partition.id) ?? [];
    for (let start = 0; start < records.length; ) {
      const part = records.slice(start, start + room);
      batch.push({ partition, records: part });
      start += part.length;
      room -= part.length;
      if (room === 0) {
        batches.push(batch);
        batch = [];
        room = maxRecords;
      }
    }
  }
  if (batch.length > 0) {
    batches.push(batch);
  }
  return batches;
}
