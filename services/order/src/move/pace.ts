// Keeps a mover from taking the databases' time away from orders.
import { setTimeout as delay } from "node:timers/promises";

export interface CopyPace {
  /** Rests after a piece of work that took `workMs` and moved so many orders. Rejects when the signal aborts. */
  rest(workMs: number, orders: number, signal: AbortSignal): Promise<void>;
}

/** The share of the time in which a mover may work. */
const DUTY = 0.5;

/** @param ordersPerSecond most orders per second; as many as half of the time allows unless given */
export function createCopyPace(ordersPerSecond = Number.POSITIVE_INFINITY): CopyPace {
  return {
    async rest(workMs, orders, signal) {
      const dutyMs = (workMs * (1 - DUTY)) / DUTY;
      const rateMs = (orders / ordersPerSecond) * 1_000 - workMs;
      const restMs = Math.max(dutyMs, rateMs);
      signal.throwIfAborted();
      if (restMs >= 1) await delay(restMs, undefined, { signal });
    },
  };
}
