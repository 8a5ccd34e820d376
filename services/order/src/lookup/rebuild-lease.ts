// At most one rebuilds the index. The lease only saves work: what keeps two from spoiling each other's is that each
// builds a generation of its own, and that the state says which of them counts.
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { leaseKey } from "./index-keys.ts";
import { dropLease, extendLease, type IndexRedis, takeLease } from "./redis-commands.ts";

const LIFETIME_MS = 6_000;
const EXTEND_MS = 2_000;

/**
 * Runs `work` unless somebody else has the lease: then undefined. The signal is aborted with `signal` and when the lease
 * is lost.
 */
export async function withRebuildLease<T>(
  redis: IndexRedis,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<{ readonly result: T } | undefined> {
  const token = randomUUID();
  if (!(await redis.run((client) => takeLease(client, leaseKey, token, LIFETIME_MS)))) return undefined;
  const lost = new AbortController();
  const done = new AbortController();
  const keeping = keep(redis, token, done.signal).catch((error: unknown) => lost.abort(error));
  try {
    return { result: await work(AbortSignal.any([signal, lost.signal])) };
  } finally {
    done.abort();
    await keeping;
    // Where Redis is away it ends by itself.
    await redis.run((client) => dropLease(client, leaseKey, token)).catch(() => undefined);
  }
}

/** Rejects when the lease is lost. */
async function keep(redis: IndexRedis, token: string, done: AbortSignal): Promise<void> {
  for (;;) {
    await delay(EXTEND_MS, undefined, { signal: done }).catch(() => undefined); // done
    if (done.aborted) return;
    if (await redis.run((client) => extendLease(client, leaseKey, token, LIFETIME_MS))) continue;
    throw new Error("the lease on rebuilding the index was lost");
  }
}
