// Operators who look orders up by their names, all the time: through the index, where there is one.
import { setTimeout as delay } from "node:timers/promises";
import { rest } from "../rest.ts";

/** A look-up that must find the order. */
export interface NamedOrder {
  readonly query: string;
  readonly orderId: string;
}

export interface Lookups {
  /** Answers other than the order that bears the name. */
  readonly failures: readonly string[];
  /** Milliseconds of each look-up since the last lap. */
  lap(): readonly number[];
  stop(): Promise<void>;
}

export interface LookupOptions {
  readonly gatewayUrl: string;
  /** One client for each. */
  readonly tokens: readonly string[];
  readonly orders: readonly NamedOrder[];
  readonly pauseMs: number;
}

export function startLookups({ gatewayUrl, tokens, orders, pauseMs }: LookupOptions): Lookups {
  const failures: string[] = [];
  let took: number[] = [];
  let stopped = false;
  let turn = 0;

  const lookUp = async (token: string): Promise<void> => {
    const named = orders[turn++ % orders.length];
    if (named === undefined) throw new RangeError("orders: none given, at least one is needed");
    const { status, body, tookMs } = await rest(gatewayUrl, "GET", `/v1/orders:lookup?${named.query}`, { token });
    took.push(tookMs);
    if (status !== 200 || body.id !== named.orderId) {
      failures.push(`${named.query}: ${status} ${body?.code ?? body?.id} after ${tookMs} ms`);
    }
  };
  const lookUpOn = async (token: string): Promise<void> => {
    while (!stopped) {
      await lookUp(token).catch((error: unknown) => void failures.push(String(error)));
      await delay(pauseMs);
    }
  };
  const running = Promise.all(tokens.map(lookUpOn));

  return {
    failures,
    lap: () => {
      const lap = took;
      took = [];
      return lap;
    },
    stop: async () => {
      stopped = true;
      await running;
    },
  };
}
