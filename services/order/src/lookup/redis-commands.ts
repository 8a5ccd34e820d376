// The commands of the index, each on one key.
import { hash } from "node:crypto";
import { entryEndMs, entryKey, gapKey, indexPrefix, stateKey } from "./index-keys.ts";
import type { IndexEntry, NameKind } from "./order-name.ts";

/** What the index needs of a Redis client. */
export interface CommandClient {
  sendCommand(words: readonly string[]): Promise<unknown>;
}

/** What the index needs of a connection to Redis; see openRedis in @ordermesh/runtime/redis. */
export interface IndexRedis {
  readonly up: boolean;
  /** Runs commands in bounded time; rejects at once while Redis is away. */
  run<T>(work: (client: CommandClient) => Promise<T>): Promise<T>;
  onRecovered(listener: () => void): void;
}

interface Script {
  readonly sha1: string;
  readonly text: string;
}

const scriptOf = (text: string): Script => ({ sha1: hash("sha1", text, "hex"), text });

// Ids begin with the time, so that the larger one is the newer order. Without this a rebuild, which goes through the
// past while orders keep coming, would put old orders over new ones that bear the same name.
const putNewest = scriptOf(`
  local old = redis.call('GET', KEYS[1])
  if old and old > ARGV[1] then return 0 end
  redis.call('SET', KEYS[1], ARGV[1], 'PXAT', ARGV[2])
  return 1`);

const replaceIf = scriptOf(`
  if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
  redis.call('SET', KEYS[1], ARGV[2])
  return 1`);

const deleteIf = scriptOf(`
  if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
  return redis.call('DEL', KEYS[1])`);

const extendIf = scriptOf(`
  if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
  return redis.call('PEXPIRE', KEYS[1], ARGV[2])`);

const SCAN_COUNT = "1000";

/** Writes entries into each of the generations, but those that have ended. Where a name is taken the newer order wins. */
export async function putEntries(
  client: CommandClient,
  generations: readonly string[],
  entries: readonly IndexEntry[],
  nowMs: number,
): Promise<void> {
  const writes: Promise<unknown>[] = [];
  for (const { name, orderId } of entries) {
    const endMs = entryEndMs(orderId);
    if (endMs <= nowMs) continue;
    for (const generation of generations) {
      writes.push(putEntry(client, entryKey(generation, name), name.kind, orderId, String(endMs)));
    }
  }
  await Promise.all(writes);
}

/** A payment is for one order only, so that it needs no comparison, which costs Redis more than the writing. */
function putEntry(
  client: CommandClient,
  key: string,
  kind: NameKind,
  orderId: string,
  endMs: string,
): Promise<unknown> {
  if (kind === "payment") return client.sendCommand(["SET", key, orderId, "PXAT", endMs]);
  return runScript(client, putNewest, key, orderId, endMs);
}

/** Removes an entry from each of the generations, where it still says so. */
export async function removeEntry(
  client: CommandClient,
  generations: readonly string[],
  { name, orderId }: IndexEntry,
): Promise<void> {
  await Promise.all(generations.map((generation) => runScript(client, deleteIf, entryKey(generation, name), orderId)));
}

export async function getText(client: CommandClient, key: string): Promise<string | undefined> {
  const value = await client.sendCommand(["GET", key]);
  return typeof value === "string" ? value : undefined;
}

/** Puts `next` in the place of `before`, the empty text standing for nothing. False when something else is there. */
export async function replaceState(client: CommandClient, before: string, next: string): Promise<boolean> {
  return (await runScript(client, replaceIf, stateKey, before, next)) === 1;
}

/** Takes the lease for `lifetimeMs` unless somebody has it. */
export async function takeLease(
  client: CommandClient,
  key: string,
  token: string,
  lifetimeMs: number,
): Promise<boolean> {
  return (await client.sendCommand(["SET", key, token, "NX", "PX", String(lifetimeMs)])) === "OK";
}

/** False when the lease has passed to somebody else or has ended. */
export async function extendLease(
  client: CommandClient,
  key: string,
  token: string,
  lifetimeMs: number,
): Promise<boolean> {
  return (await runScript(client, extendIf, key, token, String(lifetimeMs))) === 1;
}

export async function dropLease(client: CommandClient, key: string, token: string): Promise<void> {
  await runScript(client, deleteIf, key, token);
}

/** Says that entries were given up. */
export async function markGap(client: CommandClient): Promise<void> {
  await client.sendCommand(["SET", gapKey, "1"]);
}

export async function removeKeys(client: CommandClient, keys: readonly string[]): Promise<void> {
  await Promise.all(keys.map((key) => client.sendCommand(["UNLINK", key])));
}

/** One page of the index's keys; the cursor "0" begins, and ends, a pass over all. */
export async function scanKeys(
  client: CommandClient,
  cursor: string,
): Promise<{ readonly cursor: string; readonly keys: readonly string[] }> {
  const reply = await client.sendCommand(["SCAN", cursor, "MATCH", `${indexPrefix}*`, "COUNT", SCAN_COUNT]);
  if (!Array.isArray(reply) || !Array.isArray(reply[1])) throw new Error("SCAN did not answer with a cursor and keys");
  return { cursor: String(reply[0]), keys: reply[1].map(String) };
}

/** By its digest; Redis is told the text when it does not know it, which is after each of its starts. */
async function runScript(client: CommandClient, script: Script, key: string, ...values: string[]): Promise<unknown> {
  try {
    return await client.sendCommand(["EVALSHA", script.sha1, "1", key, ...values]);
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith("NOSCRIPT"))) throw error;
    return await client.sendCommand(["EVAL", script.text, "1", key, ...values]);
  }
}
