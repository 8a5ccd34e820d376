import { randomFillSync } from "node:crypto";

// One call into the system's generator serves many ids: a call of its own costs more than making the id.
const pool = Buffer.alloc(4096);
let used = pool.length;

/** Random bytes that are given out once. They are a view into the pool: use them before the next call. */
export function pooledRandom(length: number): Uint8Array {
  if (used + length > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += length;
  return pool.subarray(used - length, used);
}
