// How the index is laid out in Redis. One key per entry and no command with two keys, so that it may be spread over a
// cluster; a generation in each key, so that an index can be built beside the one in use.
import { hash } from "node:crypto";
import { EVENT_RETENTION_MS } from "@ordermesh/runtime/event-log";
import { timeOfId } from "@ordermesh/runtime/ids";
import type { NameKind, OrderName } from "./order-name.ts";

export const indexPrefix = "ordermesh:index:";
/** Which generation is read, and which is being built. */
export const stateKey = `${indexPrefix}current`;
/** Who rebuilds at the moment. */
export const leaseKey = `${indexPrefix}rebuilding`;
/** Set by whoever had to give up entries, for whoever rebuilds next. */
export const gapKey = `${indexPrefix}gap`;

const letters: Readonly<Record<NameKind, string>> = { reference: "r", payment: "p", tracking: "t" };
const HASH_CHARACTERS = 22;

/**
 * The key of a name. What clients and carriers chose is hashed (128 bits of SHA-256): their words may be long, and are
 * nobody's business who looks into Redis.
 */
export function entryKey(generation: string, { kind, value }: OrderName): string {
  const name = kind === "payment" ? value : hash("sha256", value, "base64url").slice(0, HASH_CHARACTERS);
  return `${indexPrefix}${generation}:${letters[kind]}:${name}`;
}

/** The generation that a key belongs to; undefined for keys of the index that are no entries. */
export function generationOfKey(key: string): string | undefined {
  const rest = key.slice(indexPrefix.length);
  const end = rest.indexOf(":");
  return key.startsWith(indexPrefix) && end > 0 ? rest.slice(0, end) : undefined;
}

/**
 * When entries of an order end, in milliseconds since the epoch: with the events that the index could be rebuilt from. It
 * counts from the order's acceptance, not from the writing, so that a rebuilt entry ends when the one before would have.
 */
export function entryEndMs(orderId: string): number {
  return timeOfId(orderId) + EVENT_RETENTION_MS;
}

let lastMs = 0;

/** A name for a new generation that no earlier one had, also not before Redis lost everything. */
export function newGeneration(nowMs: number, random: () => number = Math.random): string {
  lastMs = Math.max(lastMs + 1, nowMs);
  const tail = Math.floor(random() * 36 ** 3)
    .toString(36)
    .padStart(3, "0");
  return `${lastMs.toString(36)}${tail}`;
}
