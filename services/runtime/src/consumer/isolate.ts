import { isTransient } from "../database/index.ts";
import type { ApplyBatch } from "./apply-batch.ts";
import type { DecodedBatch } from "./decode-batch.ts";

/**
 * Applies the events of a batch one by one, each in its own transaction; those that fail by themselves become dead
 * letters. Transient errors end it: the batch is repeated, and what was applied is a no-op by then.
 */
export async function isolate(
  batch: DecodedBatch,
  apply: ApplyBatch,
  attempt: number,
  signal: AbortSignal,
): Promise<void> {
  if (batch.dead.length > 0) {
    await apply({ events: [], dead: batch.dead }, attempt, signal);
  }
  for (const event of batch.events) {
    try {
      await apply({ events: [event], dead: [] }, attempt, signal);
    } catch (error) {
      if (isTransient(error) || signal.aborted) {
        throw error;
      }
      const reason = error instanceof Error ? error.message : String(error);
      await apply({ events: [], dead: [{ record: event.record, reason }] }, attempt, signal);
    }
  }
}
