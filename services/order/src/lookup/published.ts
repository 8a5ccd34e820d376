// Waits until the event log has what was committed before the call.
import { setTimeout as delay } from "node:timers/promises";
import type { Database, Statement } from "@ordermesh/runtime/database";
import { isTransient } from "@ordermesh/runtime/database";

const POLL_MS = 100;
const LONGEST_MS = 30_000;

const selectNewest: Statement = {
  name: "select-newest-outbox-row",
  text: "SELECT id FROM outbox ORDER BY id DESC LIMIT 1",
};
const selectWaiting: Statement = {
  name: "select-waiting-outbox-row",
  text: "SELECT id FROM outbox WHERE id <= $1 ORDER BY id LIMIT 1",
};

/**
 * Resolves when no outbox holds a row that it held at the call. A database that is away, or whose relay is behind for
 * half a minute, is given up, and `onGivenUp` told why: what it has not published the log cannot tell.
 */
export async function awaitPublished(
  stores: readonly { readonly name: string; readonly database: Pick<Database, "query"> }[],
  signal: AbortSignal,
  onGivenUp: (why: string) => void,
): Promise<void> {
  const until = performance.now() + LONGEST_MS;
  const missing = "orders that it has not published are missing from what is rebuilt";
  await Promise.all(
    stores.map(async ({ name, database }) => {
      try {
        if (!(await drained(database, until, signal))) onGivenUp(`${name} is behind with its outbox; ${missing}`);
      } catch (error) {
        if (!isTransient(error)) throw error;
        onGivenUp(`${name} is away; ${missing}`);
      }
    }),
  );
}

async function drained(database: Pick<Database, "query">, until: number, signal: AbortSignal): Promise<boolean> {
  const { rows } = await database.query<{ id: bigint }>(selectNewest);
  const newest = rows[0]?.id;
  if (newest === undefined) return true;
  while (performance.now() < until) {
    if ((await database.query(selectWaiting, [newest])).rows.length === 0) return true;
    await delay(POLL_MS, undefined, { signal });
  }
  return false;
}
