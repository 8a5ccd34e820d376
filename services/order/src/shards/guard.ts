// Keeps a shard that is away from costing every call a time-out: after a few failures in a row calls fail at once, and
// one is let through now and then to see whether it is back.
import { isTransient } from "@ordermesh/runtime/database";
import { DomainError, errors } from "@ordermesh/runtime/errors";
import type { Logger } from "@ordermesh/runtime/logging";
import { BrokenCircuitError, CircuitState, ConsecutiveBreaker, circuitBreaker, handleWhen } from "cockatiel";
import { shardUnavailable } from "./errors.ts";

const FAILURES_TO_OPEN = 5;
const HALF_OPEN_AFTER_MS = 500;

export interface Guard {
  /** Runs work on the shard. A fault of its database, or one that is taken to last, comes as SHARD_UNAVAILABLE. */
  run<T>(work: () => Promise<T>): Promise<T>;
  /** Whether work would be tried now. */
  available(): boolean;
}

/** The shard answers, but not to this statement. */
class SlowStatementError extends Error {
  override readonly name = "SlowStatementError";
}

// What pg says of a statement that was not answered in time, by the error or by what it caused.
const timedOut = (error: unknown): boolean =>
  error instanceof Error && (error.message.includes("Query read timeout") || timedOut(error.cause));

/** `answers` tells, of a shard that left a statement without an answer, whether it answers at all. */
export function createGuard(shard: string, answers: () => Promise<boolean>, logger: Logger): Guard {
  const isAway = (error: unknown): boolean => isTransient(error) && !(error instanceof SlowStatementError);
  const breaker = circuitBreaker(handleWhen(isAway), {
    breaker: new ConsecutiveBreaker(FAILURES_TO_OPEN),
    halfOpenAfter: HALF_OPEN_AFTER_MS,
  });
  breaker.onBreak(() => logger.warn({ shard }, "shard is taken to be away; its customers are told to come back"));
  breaker.onReset(() => logger.info({ shard }, "shard is back"));
  return {
    async run(work) {
      try {
        return await breaker.execute(async () => {
          try {
            return await work();
          } catch (error) {
            if (!timedOut(error) || !(await answers())) throw error;
            throw new SlowStatementError("a statement took too long", { cause: error });
          }
        });
      } catch (error) {
        if (error instanceof SlowStatementError) {
          throw new DomainError(errors.DEADLINE_EXCEEDED, "the database took too long to answer", { cause: error });
        }
        if (error instanceof BrokenCircuitError) throw shardUnavailable(shard);
        throw isTransient(error) ? shardUnavailable(shard, error) : error;
      }
    },
    available: () => breaker.state === CircuitState.Closed || breaker.state === CircuitState.HalfOpen,
  };
}
