// Builds the index anew from the event log, beside the one in use and while orders keep coming, and puts it in its place.
import { setTimeout as delay } from "node:timers/promises";
import type { EventLog } from "@ordermesh/runtime/event-log";
import { entriesOf, indexedTopics } from "./index-events.ts";
import { gapKey, generationOfKey, newGeneration } from "./index-keys.ts";
import { type IndexState, readState, stateText, writersSettleMs } from "./index-state.ts";
import type { IndexEntry } from "./order-name.ts";
import { type IndexRedis, putEntries, removeKeys, replaceState, scanKeys } from "./redis-commands.ts";

export interface RebuildPorts {
  readonly redis: IndexRedis;
  readonly log: Pick<EventLog, "read">;
  /** Resolves when the log has what was committed before the call. */
  published(signal: AbortSignal): Promise<void>;
  /** Share of the time that it may work; it rests for the remainder, so that orders keep flowing. */
  readonly workShare: number;
  /** Called after each of its steps and some times per second in between. */
  onProgress?(progress: RebuildProgress): void;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** How long it takes until all processes write to the new generation; for tests. */
  readonly settleMs?: number;
}

export interface RebuildProgress {
  /** What it does now, for people. */
  readonly step: string;
  readonly records: number;
  readonly entries: number;
  /** Records that do not decode; they are in the dead letters of whoever applies them. */
  readonly unreadable: number;
}

/** Somebody else changed which generation counts, or Redis lost everything, while the index was rebuilt. */
export class IndexChangedError extends Error {
  override readonly name = "IndexChangedError";

  constructor() {
    super("the index was changed or lost while it was rebuilt; what was built does not count");
  }
}

const ENTRIES_PER_FLIGHT = 100;
const RECORDS_PER_TURN = 500;

/**
 * Rebuilds and returns what it went through. Rejects with IndexChangedError, with RedisAwayError, with what the log
 * rejects with, or with an AbortError; the generation in use is untouched then, and the next rebuild removes what
 * was begun.
 *
 * An order that is accepted meanwhile reaches the new generation by its writer; one from before by its event. That none
 * falls between: writers are told first, then what they had committed until they knew is awaited in the log, and only
 * then the log is read.
 */
export async function rebuildIndex(ports: RebuildPorts, signal: AbortSignal): Promise<RebuildProgress> {
  const { redis, published, settleMs = writersSettleMs } = ports;
  const count = { records: 0, entries: 0, unreadable: 0 };
  const tell = (step: string): void => ports.onProgress?.({ step, ...count });

  tell("announcing a new generation");
  const building = await begin(ports);
  await removeOthers(redis, building.state, signal);
  // Entries that were given up until now are in the log; those from now on are for the next rebuild.
  await redis.run((client) => removeKeys(client, [gapKey]));
  tell("waiting until every writer knows it");
  await delay(settleMs, undefined, { signal });
  tell("waiting until the log has all that was committed");
  await published(signal);
  for (const topic of indexedTopics) {
    const step = `reading ${topic}`;
    tell(step);
    await replay(ports, topic, building.generation, count, () => tell(step), signal);
  }
  tell("putting the new generation in use");
  const done = stateText({ generation: building.generation });
  if (!(await redis.run((client) => replaceState(client, building.text, done)))) throw new IndexChangedError();
  // Until every process knows, some still read the one before.
  await delay(settleMs, undefined, { signal });
  tell("removing what is not in use");
  await removeOthers(redis, { generation: building.generation }, signal);
  tell("done");
  return { step: "done", ...count };
}

interface Building {
  readonly generation: string;
  readonly state: IndexState;
  /** Of the state, to tell whether it still stands. */
  readonly text: string;
}

async function begin({ redis, now = Date.now }: RebuildPorts): Promise<Building> {
  const generation = newGeneration(now());
  return redis.run(async (client) => {
    const before = await readState(client);
    const state = { generation: before.state.generation, next: generation };
    const text = stateText(state);
    if (!(await replaceState(client, before.text, text))) throw new IndexChangedError();
    return { generation, state, text };
  });
}

async function replay(
  ports: RebuildPorts,
  topic: string,
  generation: string,
  count: { records: number; entries: number; unreadable: number },
  tell: () => void,
  signal: AbortSignal,
): Promise<void> {
  const { redis, log, workShare, now = Date.now } = ports;
  let flight: IndexEntry[] = [];
  let turnBegan = performance.now();

  const write = async (): Promise<void> => {
    const entries = flight;
    flight = [];
    if (entries.length > 0) await redis.run((client) => putEntries(client, [generation], entries, now()));
    count.entries += entries.length;
  };
  const rest = async (): Promise<void> => {
    tell();
    const workedMs = performance.now() - turnBegan;
    await delay((workedMs * (1 - workShare)) / workShare, undefined, { signal });
    turnBegan = performance.now();
  };

  for await (const record of log.read(topic)) {
    signal.throwIfAborted();
    count.records += 1;
    const entries = entriesOf(record);
    if (entries === undefined) count.unreadable += 1;
    else flight.push(...entries);
    if (flight.length >= ENTRIES_PER_FLIGHT) await write();
    if (count.records % RECORDS_PER_TURN === 0) await rest();
  }
  await write();
}

/** Removes the entries of every generation but those of the state. */
async function removeOthers(redis: IndexRedis, { generation, next }: IndexState, signal: AbortSignal): Promise<void> {
  let cursor = "0";
  do {
    signal.throwIfAborted();
    const page = await redis.run((client) => scanKeys(client, cursor));
    const others = page.keys.filter((key) => {
      const owner = generationOfKey(key);
      return owner !== undefined && owner !== generation && owner !== next;
    });
    for (let from = 0; from < others.length; from += ENTRIES_PER_FLIGHT) {
      const some = others.slice(from, from + ENTRIES_PER_FLIGHT);
      await redis.run((client) => removeKeys(client, some));
    }
    cursor = page.cursor;
  } while (cursor !== "0");
}
