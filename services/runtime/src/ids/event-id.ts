import { v7 } from "uuid";
import { pooledRandom } from "./pooled-random.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

// The package would ask the system for random bytes at each call, which costs ten times as much as the rest.
let lastMs = 0;
let sequence = 0;

function growingId(): string {
  const random = pooledRandom(16);
  const nowMs = Date.now();
  if (nowMs > lastMs) {
    lastMs = nowMs;
    // 31 random bits leave two thousand million ids to count through within the millisecond.
    sequence =
      (((random[6] ?? 0) & 0x7f) << 24) | ((random[7] ?? 0) << 16) | ((random[8] ?? 0) << 8) | (random[9] ?? 0);
  } else {
    sequence += 1;
  }
  return v7({ msecs: lastMs, seq: sequence, random });
}

/**
 * A new UUIDv7 for an event. Without `nowMs` ids of one process grow strictly, even when the clock is set back; with it
 * only the milliseconds are ordered.
 */
export function newEventId(nowMs?: number): string {
  return nowMs === undefined ? growingId() : v7({ msecs: nowMs, random: pooledRandom(16) });
}

/** Whether the text is a UUID of any version in its 8-4-4-4-12 form, in either case. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}
