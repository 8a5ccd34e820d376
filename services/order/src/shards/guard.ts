// Keeps a shard that is away from costing every call a time-out. A call that fails, or takes long, makes the guard ask the
// shard itself; while that does not answer, calls fail at once. No call of a client is spent to see whether it is back.
// A machine that is overloaded makes shards slow, which must not look like this: a shard that answers any call is there.
import { setTimeout as delay } from "node:timers/promises";
import { isTransient } from "@ordermesh/runtime/database";
import { DomainError, errors } from "@ordermesh/runtime/errors";
import type { Logger } from "@ordermesh/runtime/logging";
import { isShardUnavailable, shardUnavailable } from "./errors.ts";

export interface Guard {
  /** Runs work on the shard. A fault of its database, or one that is taken to last, comes as SHARD_UNAVAILABLE. */
  run<T>(work: () => Promise<T>): Promise<T>;
  /** Whether work would be tried now. */
  available(): boolean;
  /** Ends the asking. */
  close(): void;
}

/** A call that takes longer is a reason to ask; by itself it fails nothing. */
const SLOW_MS = 1_000;
const LOOK_MS = 500;
/** Together with the two above the longest that a call waits for a shard that has begun to hang: 3 s. */
const ANSWER_MS = 1_500;
const PAUSE_MS = 250;
/** Who has answered a call so lately is there, whatever the one that asks is told: "too many connections", say. */
const LATELY_MS = 250;

// What pg says of a statement that was not answered in time, by the error or by what it caused.
const timedOut = (error: unknown): boolean =>
  error instanceof Error && (error.message.includes("Query read timeout") || timedOut(error.cause));

/** `probe` asks the shard by a way that does not wait behind calls; it rejects when the shard does not answer. */
export function createGuard(shard: string, probe: () => Promise<unknown>, logger: Logger): Guard {
  /** What fails a call, and since when it runs; the oldest first. */
  const underWay = new Map<(error: Error) => void, number>();
  const closing = new AbortController();
  const { signal } = closing;
  let asking: Promise<boolean> | undefined;
  let away = false;
  /** When it last answered a call. */
  let answeredAt = Number.NEGATIVE_INFINITY;

  const answers = (): Promise<boolean> => {
    const answered = new AbortController();
    const tooLate = delay(ANSWER_MS, false, { ref: false, signal: answered.signal }).catch(() => false);
    const asked = probe().then(
      () => true,
      () => false, // why, the calls have reported
    );
    return Promise.race([asked, tooLate]).finally(() => answered.abort());
  };

  /** The shard does not answer: that is told to all that wait, and to all that come until it does. */
  const turnAway = async (): Promise<void> => {
    away = true;
    logger.warn({ shard }, "shard is taken to be away; its customers are told to come back");
    for (const fail of underWay.keys()) fail(shardUnavailable(shard));
    do await delay(PAUSE_MS, undefined, { ref: false, signal });
    while (!(await answers()));
    away = false;
    logger.info({ shard }, "shard is back");
  };

  /** Asks the shard whether it is there, once for all who suspect that it is not. */
  const suspect = (): Promise<boolean> => {
    const askedAt = performance.now();
    asking ??= answers().then((answered) => {
      asking = undefined;
      const there = answered || answeredAt > askedAt - LATELY_MS;
      if (!there && !away) turnAway().catch(() => undefined); // closed
      return there;
    });
    return asking;
  };

  const looking = setInterval(() => {
    const [oldest] = underWay.values();
    if (!away && oldest !== undefined && Math.max(oldest, answeredAt) < performance.now() - SLOW_MS) void suspect();
  }, LOOK_MS).unref();

  return {
    async run(work) {
      if (away) throw shardUnavailable(shard);
      const given = Promise.withResolvers<never>();
      underWay.set(given.reject, performance.now());
      try {
        const result = await Promise.race([work(), given.promise]);
        answeredAt = performance.now();
        return result;
      } catch (error) {
        if (isShardUnavailable(error) || !isTransient(error)) throw error;
        const there = suspect();
        if (timedOut(error) && (await there)) {
          throw new DomainError(errors.DEADLINE_EXCEEDED, "the database took too long to answer", { cause: error });
        }
        throw shardUnavailable(shard, error);
      } finally {
        underWay.delete(given.reject);
      }
    },
    available: () => !away,
    close() {
      clearInterval(looking);
      closing.abort();
    },
  };
}
