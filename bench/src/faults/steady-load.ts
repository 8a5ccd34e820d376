// Clients that place orders at a steady rate and repeat each one, under its key, until it is answered.
import { setTimeout as delay } from "node:timers/promises";
import { Pool } from "undici";
import { inTurns } from "../load/customers.ts";
import { createBodyMaker, seededSkus } from "../load/order-request.ts";

export interface SteadyLoadOptions {
  readonly origin: string;
  /** Those of the customers, who order in turns. */
  readonly tokens: readonly string[];
  readonly perSecond: number;
  readonly runId: string;
}

export interface SteadyLoad {
  /** Ids of the orders that were answered 201. */
  readonly accepted: readonly string[];
  /** Orders that clients still wait for. */
  readonly unanswered: number;
  /** Attempts that failed and were repeated, by status code or connection error. */
  readonly retried: Readonly<Record<string, number>>;
  /** Answers that no client would repeat, and should not have got. */
  readonly refused: readonly string[];
  /** Milliseconds that the slowest order took to be answered. */
  readonly slowestMs: number;
  /** What happened since the last lap, or since the start. */
  lap(): Lap;
  /** Takes no new orders and waits, at most so long, until all that were begun are answered. */
  finish(timeoutMs: number): Promise<void>;
}

export interface Lap {
  /** Milliseconds that the slowest order took to be answered, or has waited for its answer so far. */
  readonly slowestMs: number;
  readonly retriedAttempts: number;
}

const attemptTimeoutMs = 10_000;
const connections = 128;
const [firstPauseMs, longestPauseMs] = [50, 1_000];

export function startSteadyLoad({ origin, tokens, perSecond, runId }: SteadyLoadOptions): SteadyLoad {
  const pool = new Pool(origin, { connections, headersTimeout: attemptTimeoutMs, bodyTimeout: attemptTimeoutMs });
  const makeBody = createBodyMaker({ runId, lines: 2, skus: seededSkus });
  const authorizations = inTurns(tokens);
  const accepted: string[] = [];
  const refused: string[] = [];
  const retried: Record<string, number> = {};
  const giveUp = new AbortController();
  /** With the time when each was begun. */
  const underWay = new Map<Promise<void>, number>();
  let slowestMs = 0;
  let lapSlowestMs = 0;
  let lapRetries = 0;
  let begun = 0;
  let answered = 0;

  const attempt = async (
    authorization: string,
    body: string,
    key: string,
  ): Promise<{ status: number; text: string }> => {
    const headers = { authorization, "content-type": "application/json", "idempotency-key": key };
    const response = await pool.request({ path: "/v1/orders", method: "POST", headers, body, signal: giveUp.signal });
    return { status: response.statusCode, text: await response.body.text() };
  };
  const place = async (number: number): Promise<void> => {
    const authorization = authorizations(number);
    const body = makeBody();
    const key = `${runId}-${number}`;
    const start = performance.now();
    for (let pauseMs = firstPauseMs; !giveUp.signal.aborted; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      const outcome = await attempt(authorization, body, key).catch((error: unknown) => connectionFault(error));
      if (typeof outcome === "object" && outcome.status === 201) {
        answered += 1;
        accepted.push(idOf(outcome.text));
        lapSlowestMs = Math.max(lapSlowestMs, performance.now() - start);
        slowestMs = Math.max(slowestMs, lapSlowestMs);
        return;
      }
      if (typeof outcome === "object" && outcome.status < 500 && outcome.status !== 429) {
        answered += 1;
        refused.push(`${outcome.status} ${outcome.text.slice(0, 200)}`);
        return;
      }
      const code = typeof outcome === "object" ? String(outcome.status) : outcome;
      retried[code] = (retried[code] ?? 0) + 1;
      lapRetries += 1;
      await delay(pauseMs * (0.5 + Math.random()));
    }
  };

  const start = performance.now();
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - start) * perSecond) / 1000);
    for (; begun < due; begun += 1) {
      const order = place(begun);
      underWay.set(order, performance.now());
      order.finally(() => underWay.delete(order));
    }
  }, 10);

  return {
    accepted,
    refused,
    retried,
    get unanswered() {
      return begun - answered;
    },
    get slowestMs() {
      return Math.round(slowestMs);
    },
    lap: () => {
      const now = performance.now();
      const waits = [...underWay.values()].map((begunAt) => now - begunAt);
      const lap = { slowestMs: Math.round(Math.max(lapSlowestMs, ...waits)), retriedAttempts: lapRetries };
      lapSlowestMs = 0;
      lapRetries = 0;
      return lap;
    },
    finish: async (timeoutMs) => {
      clearInterval(timer);
      const timeout = setTimeout(() => giveUp.abort(), timeoutMs);
      await Promise.all(underWay.keys());
      clearTimeout(timeout);
      await pool.destroy();
    },
  };
}

/** The fault's name; an answer that was cut off in the middle counts as none, so the order is asked for again. */
function connectionFault(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  return "code" in error && typeof error.code === "string" ? error.code : error.name;
}

function idOf(text: string): string {
  const order: unknown = JSON.parse(text);
  if (typeof order === "object" && order !== null && "id" in order && typeof order.id === "string") return order.id;
  throw new Error(`an order was accepted without an id: ${text.slice(0, 200)}`);
}
