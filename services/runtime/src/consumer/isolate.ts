import { isTransient } from "../database/index.ts";
import type { ApplyBatch } from "./apply-batch.ts";
import type { SortedRecords } from "./sort-records.ts";

/**
 * Applies the events of a batch one by one, each in its own transaction; those that fail by themselves become dead
 * letters. Transient errors end it: the batch is repeated, and what was applied is a no-op by then.
 */
export async function isolate(
  batch: SortedRecords,
  apply: ApplyBatch,
  attempt: number,
  signal: AbortSignal,
): Promise<void> {
  if (batch.poison.length > 0) {
    await apply({ events: [], poison: batch.poison }, attempt, signal);
  }
  for (const event of batch.events) {
    try {
      await apply({ events: [event], poison: [] }, attempt, signal);
    } catch (error) {
      if (isTransient(error) || signal.aborted) {
        throw error;
      }
      const reason = error instanceof Error ? error.message : String(error);
      await apply({ events: [], poison: [{ record: event.record, reason, attempts: attempt }] }, attempt, signal);
    }
  }
}
