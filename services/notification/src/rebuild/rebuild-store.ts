// Builds the store of messages anew from the events of orders, beside the live one, and swaps it in or compares the two.
import type { Database } from "@ordermesh/runtime/database";
import type { EventLog } from "@ordermesh/runtime/event-log";
import type { Client } from "pg";
import { oldestKept } from "../store/prune-notifications.ts";
import { claimConsumed } from "./claim-consumed.ts";
import { type Differences, findDifferences, findLost, type LostMessages } from "./differences.ts";
import { createFreshStore, dropFreshStore, putMessages, settleWaiting } from "./fresh-store.ts";
import { RebuildError } from "./rebuild-error.ts";
import { nothingRead, type ReplayCounts, type Replayed, replay } from "./replay.ts";
import { type Takeover, takeOver } from "./take-over.ts";

export interface RebuildOptions {
  readonly database: Pick<Database, "dedicatedClient">;
  readonly log: Pick<EventLog, "read" | "lag">;
  /** "swap" puts the fresh store in the live one's place, "compare" only tells how they differ. */
  readonly mode: "swap" | "compare";
  /** Swaps also when live messages are lost that the log does not hold. */
  readonly force?: boolean;
  /** The database is an older state of itself, or new: what the group has consumed counts as applied. */
  readonly restored?: boolean;
  /** How long the log may take to be read to its end while the service waits, in milliseconds; for tests. */
  readonly catchUpMs?: number;
  /** Called as records have been taken in, with how many. */
  onProgress?(records: number): void;
  readonly signal?: AbortSignal;
}

export interface RebuildResult {
  readonly read: ReplayCounts;
  /** Messages of the fresh store. */
  readonly messages: number;
  /** Live messages that the log did not give back, and that are gone. */
  readonly lost: number;
  /** How they differ; only where they were compared. */
  readonly differences?: Differences;
  /** How the swap went; only where there was one. */
  readonly takeover?: Takeover;
}

// Beside those of the runtime; a database has one store to rebuild.
const TRY_LOCK = "SELECT pg_try_advisory_lock(1330792773, 4) AS mine";
const STORE = "SELECT to_regclass('notification') IS NOT NULL AS present";
const NOW = "SELECT clock_timestamp() AS now";

/** So few records that writers may wait for as many. */
const LITTLE = 1_000;
/** Kafka lets seconds go by before a new group may read. */
const CATCH_UP_MS = 20_000;
/** Where events come faster than a rebuild reads them, the last reading is a longer one. */
const MOST_READINGS = 10;

/**
 * Rebuilds the store. Until the swap the live one is only read; whoever kills a rebuild leaves tables that the next one
 * removes.
 * @throws RebuildError with the code that says what to do
 */
export async function rebuildStore(options: RebuildOptions): Promise<RebuildResult> {
  const client = options.database.dedicatedClient("rebuild");
  // A lost connection also fails the statement under way, which reports it.
  client.on("error", () => undefined);
  await client.connect();
  try {
    await claimStore(client);
    return await buildBeside(client, options);
  } finally {
    // Ends the claim as well.
    await client.end();
  }
}

/** One rebuild at a time, for as long as its connection lives. */
async function claimStore(client: Client): Promise<void> {
  const lock = await client.query<{ mine: boolean }>(TRY_LOCK);
  if (lock.rows[0]?.mine !== true) {
    throw new RebuildError("REBUILD_RUNNING", "another rebuild of this store is under way: wait for it, or end it");
  }
  const store = await client.query<{ present: boolean }>(STORE);
  if (store.rows[0]?.present !== true) {
    throw new RebuildError("STORE_MISSING", "the database has no table notification: start the service, it makes it");
  }
}

async function buildBeside(client: Client, options: RebuildOptions): Promise<RebuildResult> {
  await dropFreshStore(client);
  await createFreshStore(client);
  try {
    return await build(client, options);
  } finally {
    // Where the connection is lost the tables stay until the next rebuild; what lost it tells more.
    await dropFreshStore(client).catch(() => undefined);
  }
}

async function build(client: Client, options: RebuildOptions): Promise<RebuildResult> {
  const { log, onProgress, signal = new AbortController().signal } = options;
  const oldest = oldestKept(Date.now());

  /** Reads on to the end of the log, and takes in what the live consumer has applied. */
  async function readOn(from: Replayed, stop = signal): Promise<Replayed> {
    const put = (messages: Parameters<typeof putMessages>[1]) => putMessages(client, messages);
    const read = await replay({ log, from, oldest, put, signal: stop, ...(onProgress && { onProgress }) });
    await settleWaiting(client);
    return read;
  }

  let since = await databaseTime(client);
  let read = await readOn(nothingRead);
  if (options.restored === true) await claimConsumed(client, log, signal);
  for (let readings = 1, before = 0; readings < MOST_READINGS; readings += 1) {
    if (read.counts.records - before <= LITTLE) break;
    before = read.counts.records;
    since = await databaseTime(client);
    read = await readOn(read);
  }
  await client.query("ANALYZE notification_rebuild");

  if (options.mode === "compare") {
    return compare(client, () => readOn(read));
  }
  const lost = await findLost(client, oldestKept(Date.now()), since);
  if (lost.messages > 0 && options.force !== true) throw wouldLose(lost);
  let last = read;
  const catchUp = async (stop: AbortSignal): Promise<void> => {
    // From where the readings before the swap ended: a try that fails takes back what it has taken in.
    last = await readOn(read, stop);
  };
  const takeover = await takeOver({ client, catchUp, catchUpMs: options.catchUpMs ?? CATCH_UP_MS, signal });
  return { read: last.counts, messages: takeover.messages, lost: lost.messages, takeover };
}

/** Both stores stand still in a snapshot, for which nobody waits: what is applied from here on is in neither. */
async function compare(client: Client, catchUp: () => Promise<Replayed>): Promise<RebuildResult> {
  await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ");
  try {
    await databaseTime(client); // The first statement takes the snapshot, and the log is read behind it.
    const { counts } = await catchUp();
    const differences = await findDifferences(client, oldestKept(Date.now()));
    return { read: counts, messages: differences.messages, lost: 0, differences };
  } finally {
    await client.query("ROLLBACK").catch(() => undefined); // where the connection is lost, the first error tells more
  }
}

function wouldLose({ messages, oldest, youngest }: LostMessages): RebuildError {
  const span = `${oldest?.toISOString()} to ${youngest?.toISOString()}`;
  return new RebuildError(
    "REBUILD_WOULD_LOSE",
    `the log has no event for ${messages} live messages, of ${span}: its retention removed them, or they never had one. They stay with the live store, which was left as it is; --force gives them up`,
  );
}

async function databaseTime(client: Client): Promise<Date> {
  const { rows } = await client.query<{ now: Date }>(NOW);
  return rows[0]?.now ?? new Date(0);
}
