// One limit for all gateways together, without asking Redis before a call.
import type { Logger } from "@ordermesh/runtime/logging";
import { RedisAwayError, type RedisPort } from "@ordermesh/runtime/redis";
import { RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";
import { type CallLimit, type CallLimits, createOwnLimit, limiterOf, tooMany, type Window } from "./call-limit.ts";

const KEYS = "ordermesh:limit";
/** The part of a second's calls that a gateway lets pass before it tells the others. */
const SHARE_TOLD = 0.02;
const WINDOW_MS = 1_000;

export interface SharedLimitOptions {
  readonly limits: CallLimits;
  readonly redis: RedisPort;
  readonly logger: Pick<Logger, "error">;
  /** Milliseconds. */
  readonly now?: () => number;
}

/**
 * Each gateway enforces the limit on the calls it sees. What it saw of a caller it adds to the count of all gateways,
 * each time that this makes 2 % of a second's calls; when all together are over the limit it refuses the caller until the
 * window ends. No call waits for that: Redis away, or slow, leaves each gateway with the limit of its own.
 *
 * So a caller who spreads calls over `n` gateways gets at most `n` times 2 % more than the limit, and what comes in
 * while the count is under way. One who makes fewer calls than that costs no question to Redis at all.
 */
export function createSharedLimit({
  limits,
  redis,
  logger,
  now = () => performance.now(),
}: SharedLimitOptions): CallLimit {
  const own = createOwnLimit(limits);
  const shared = limiterOf(limits, (window) => redisLimiter(redis, window));
  const tellEach = Math.max(1, Math.floor(limits.perSecond * SHARE_TOLD));
  const untold = new Map<string, number>();
  const refusedUntil = new Map<string, number>();
  let fault: string | undefined;

  function tell(caller: string, calls: number): void {
    shared.consume(caller, calls).catch((verdict: unknown) => {
      if (verdict instanceof RateLimiterRes) refusedUntil.set(caller, now() + verdict.msBeforeNext);
      else if (!(verdict instanceof RedisAwayError)) complain(verdict);
    });
  }

  /** Once for each kind: what is wrong with one is wrong with all of them. */
  function complain(error: unknown): void {
    const message = String(error);
    if (message !== fault) logger.error({ err: error }, "calls cannot be counted for all gateways together");
    fault = message;
  }

  const forgetting = setInterval(() => {
    untold.clear();
    const time = now();
    for (const [caller, until] of refusedUntil) if (until <= time) refusedUntil.delete(caller);
  }, WINDOW_MS);
  forgetting.unref();

  return {
    async take(caller) {
      const until = refusedUntil.get(caller);
      if (until !== undefined && until > now()) throw tooMany(until - now());
      await own.take(caller);
      if (!redis.up) return;
      const calls = (untold.get(caller) ?? 0) + 1;
      untold.set(caller, calls < tellEach ? calls : 0);
      if (calls >= tellEach) tell(caller, calls);
    },
    stop() {
      clearInterval(forgetting);
      own.stop();
    },
  };
}

/** A window of the library's on our port, which bounds how long it may take. */
function redisLimiter(redis: RedisPort, { keyPrefix, points, duration }: Window): RateLimiterRedis {
  const storeClient = {
    eval: (script: string, options: { keys: string[]; arguments: string[] }) =>
      redis.run((client) => client.eval(script, options)),
  };
  return new RateLimiterRedis({
    storeClient,
    useRedisPackage: true,
    keyPrefix: `${KEYS}:${keyPrefix}`,
    points,
    duration,
  });
}
