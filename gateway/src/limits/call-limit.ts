// How often one caller may call: so many times a second, and now and then more.
import { DomainError } from "@ordermesh/runtime/errors";
import { Counter } from "prom-client";
import {
  BurstyRateLimiter,
  type IRateLimiterOptions,
  type RateLimiterAbstract,
  RateLimiterMemory,
  type RateLimiterRes,
} from "rate-limiter-flexible";
import { RATE_LIMITED } from "../errors.ts";

const BURST_SECONDS = 10;

export interface CallLimits {
  readonly perSecond: number;
  /** So many more within ten seconds, for those who are over it for a moment; 0 is none. */
  readonly burst: number;
}

export interface CallLimit {
  /** Counts a call. Rejects with RATE_LIMITED when it is one too many. */
  take(caller: string): Promise<unknown>;
  stop(): void;
}

/** What a limiter of the library does here: rejects with a RateLimiterRes when it is too much, else with a fault. */
export interface Limiter {
  consume(key: string, points: number): Promise<RateLimiterRes>;
}

/** So many calls (points) in so many seconds. */
export type Window = Required<Pick<IRateLimiterOptions, "keyPrefix" | "points" | "duration">>;

/** Calls that were refused. */
export const rateLimited = new Counter({
  name: "ordermesh_gateway_rate_limited_total",
  help: "Calls refused because their caller made too many.",
  registers: [],
});

/** Both windows of the limits, each made by `make`. */
export function limiterOf({ perSecond, burst }: CallLimits, make: (window: Window) => RateLimiterAbstract): Limiter {
  const rate = make({ keyPrefix: "rate", points: perSecond, duration: 1 });
  if (burst === 0) return rate;
  return new BurstyRateLimiter(rate, make({ keyPrefix: "burst", points: burst, duration: BURST_SECONDS }));
}

/** Counts the calls of this process alone. */
export function createOwnLimit(limits: CallLimits): CallLimit {
  const limiter = limiterOf(limits, (window) => new RateLimiterMemory(window));
  return {
    take: (caller) =>
      limiter.consume(caller, 1).catch((verdict: RateLimiterRes) => {
        throw tooMany(verdict.msBeforeNext);
      }),
    stop: () => undefined,
  };
}

/** The refusal, counted. */
export function tooMany(retryAfterMs: number): DomainError {
  rateLimited.inc();
  return new DomainError(RATE_LIMITED, "too many calls by this caller; slow down, and try again after Retry-After", {
    retryAfterMs,
  });
}
