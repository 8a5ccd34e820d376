import { v7 } from "uuid";
import { pooledRandom } from "./pooled-random.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * A new UUIDv7 for an event. Without `nowMs` ids of one process grow strictly; with it only the milliseconds are ordered.
 */
export function newEventId(nowMs?: number): string {
  return nowMs === undefined ? v7() : v7({ msecs: nowMs, random: pooledRandom(16) });
}

/** Whether the text is a UUID of any version in its 8-4-4-4-12 form, in either case. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}
