// Calls to the provider with a deadline, behind a circuit breaker.

import type { Logger } from "@ordermesh/runtime/logging";
import {
  BrokenCircuitError,
  CircuitState,
  circuitBreaker,
  ExponentialBackoff,
  halfJitterGenerator,
  handleWhen,
  SamplingBreaker,
} from "cockatiel";
import { ProviderTimeoutError } from "../provider/port.ts";
import { createDeadlines } from "./deadlines.ts";

export interface GuardedCalls {
  /**
   * Makes a call. Rejects with ProviderTimeoutError when it takes too long, and with CircuitOpenError at once while the
   * provider is taken to be down.
   */
  make<T>(firstAttempt: boolean, call: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** Gives up every call under way. */
  abort(): void;
  state(): "closed" | "open" | "half-open";
}

/** The call was not made. */
export class CircuitOpenError extends Error {
  override readonly name = "CircuitOpenError";
}

export interface GuardOptions {
  readonly timeoutMs: number;
  readonly logger: Logger;
  /** How long calls are counted, how many there must be, and which part of them must fail to open the breaker. */
  readonly sampling?: { readonly durationMs: number; readonly minimumCalls: number; readonly threshold: number };
}

// A few customers whose banks never answer are not an outage: many calls must have been made and nearly all have failed.
const defaultSampling = { durationMs: 10_000, minimumCalls: 50, threshold: 0.8 };

/** The failure of a call, with what the breaker needs to know about it. */
class FailedCall extends Error {
  readonly firstAttempt: boolean;

  constructor(firstAttempt: boolean, cause: unknown) {
    super("call failed", { cause });
    this.firstAttempt = firstAttempt;
  }
}

export function createGuardedCalls({ timeoutMs, logger, sampling = defaultSampling }: GuardOptions): GuardedCalls {
  const deadlines = createDeadlines(timeoutMs);
  const underWay = new Set<AbortController>();
  const { durationMs, minimumCalls, threshold } = sampling;

  // A payment that fails again says something about that payment, not about the provider, so only first attempts count;
  // while the breaker probes, every call does.
  const counts = (error: unknown): boolean =>
    error instanceof FailedCall && (error.firstAttempt || breaker.state !== CircuitState.Closed);
  const breaker = circuitBreaker(handleWhen(counts), {
    breaker: new SamplingBreaker({ threshold, duration: durationMs, minimumRps: (minimumCalls * 1_000) / durationMs }),
    halfOpenAfter: new ExponentialBackoff({ generator: halfJitterGenerator, initialDelay: 1_000, maxDelay: 10_000 }),
    halfOpenSampling: { calls: 5, threshold: 0.6 },
  });
  breaker.onBreak(() => logger.warn("payment provider is taken to be down; operations wait"));
  breaker.onReset(() => logger.info("payment provider answers again"));

  function withDeadline<T>(call: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    underWay.add(controller);
    return new Promise<T>((resolve, reject) => {
      const cancel = deadlines.start(() => {
        const error = new ProviderTimeoutError(timeoutMs);
        underWay.delete(controller);
        reject(error);
        controller.abort(error);
      });
      const end = () => {
        cancel();
        underWay.delete(controller);
      };
      call(controller.signal).then(
        (answer) => {
          end();
          resolve(answer);
        },
        (error: unknown) => {
          end();
          reject(error);
        },
      );
    });
  }

  return {
    async make(firstAttempt, call) {
      try {
        return await breaker.execute(() =>
          withDeadline(call).catch((error: unknown) => {
            throw new FailedCall(firstAttempt, error);
          }),
        );
      } catch (error) {
        if (error instanceof FailedCall) throw error.cause;
        if (error instanceof BrokenCircuitError) throw new CircuitOpenError("the circuit is open");
        throw error;
      }
    },
    abort() {
      for (const controller of underWay) controller.abort(new Error("the process stops"));
    },
    state() {
      if (breaker.state === CircuitState.Closed) return "closed";
      return breaker.state === CircuitState.HalfOpen ? "half-open" : "open";
    },
  };
}
