import { DatabaseError } from "pg";
import type { Transaction } from "../database/index.ts";

const UNIQUE_VIOLATION = "23505";

const CLAIM_ALL = {
  name: "inbox_claim_all",
  text: "INSERT INTO inbox (consumer_group, event_id) SELECT $1, event_id FROM unnest($2::uuid[]) AS event_id ORDER BY 2",
};

/**
 * Claims events that are expected to be all fresh, which repeats are rare enough to warrant: a plain insert costs
 * little more than half of one that watches for conflicts. Rejects when one is known, see {@link isRepeat}; the
 * transaction is then lost and is run again with {@link claimFresh}.
 *
 * @param eventIds UUIDs, each once
 */
export async function claimAll(tx: Transaction, group: string, eventIds: readonly string[]): Promise<void> {
  if (eventIds.length > 0) await tx.query({ ...CLAIM_ALL, values: [group, eventIds] });
}

/** Whether {@link claimAll} failed because an event was claimed before. */
export function isRepeat(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === UNIQUE_VIOLATION && error.constraint === "inbox_pkey";
}

// Sorted, so that two transactions that claim the same events wait for one another and never deadlock.
const CLAIM = {
  name: "inbox_claim_fresh",
  text: `INSERT INTO inbox (consumer_group, event_id)
         SELECT $1, event_id FROM unnest($2::uuid[]) AS event_id ORDER BY event_id
         ON CONFLICT DO NOTHING
         RETURNING event_id`,
};

/**
 * Claims events for a consumer group inside the transaction that applies them, in one statement. Waits while another
 * transaction holds a claim on one of them; what that one commits is not fresh here.
 *
 * @param eventIds UUIDs, in any order; an id that comes twice is claimed once
 * @returns the given ids that this transaction is the first to apply
 */
export async function claimFresh(tx: Transaction, group: string, eventIds: readonly string[]): Promise<Set<string>> {
  if (eventIds.length === 0) return new Set();
  const { rows } = await tx.query<{ event_id: string }>({ ...CLAIM, values: [group, eventIds] });
  if (rows.length === eventIds.length) return new Set(eventIds);
  // The database answers in lower case; the caller looks ids up as it gave them.
  const claimed = new Set(rows.map((row) => row.event_id));
  return new Set(eventIds.filter((id) => claimed.has(id.toLowerCase())));
}
