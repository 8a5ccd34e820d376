import { setTimeout as delay } from "node:timers/promises";
import { ErrorReply } from "@redis/client";
import type { Logger } from "../logging/index.ts";
import { connect } from "./connect.ts";
import { DeadlineError, withDeadline } from "./deadline.ts";
import { redisFailures, redisUp } from "./metrics.ts";
import { RedisAwayError, type RedisClient, type RedisPort } from "./port.ts";
import { createSubscriptions } from "./subscriptions.ts";

const DEFAULT_TIMEOUT_MS = 50;
const PROBE_INTERVAL_MS = 500;
/** Nobody waits for it, so it may take longer than a command. */
const CONNECT_TIMEOUT_MS = 1_000;

export interface RedisOptions {
  /** redis://user:password@host:port, or rediss:// */
  readonly url: string;
  /** Of this process, such as "order-1"; shown to the administrators of Redis. */
  readonly name: string;
  /** How long a use of Redis may take, in milliseconds. Default: 50. */
  readonly timeoutMs?: number;
  readonly logger: Logger;
}

/**
 * Opens Redis, which may be away: it is tried at once and each 500 ms, over one connection.
 *
 * A Redis that hangs costs those who were asking `timeoutMs` once, and nothing from then on: everything under way fails
 * with the first, and everything new is refused until it answers again.
 * @throws TypeError for a text that is no URL
 */
export function openRedis({ url, name, timeoutMs = DEFAULT_TIMEOUT_MS, logger }: RedisOptions): RedisPort {
  new URL(url);
  const closing = new AbortController();
  const subscriptions = createSubscriptions(logger);
  const recovered: (() => void)[] = [];
  let client: RedisClient | undefined;
  let answered = false;
  let told: string | undefined;
  redisUp.set(0);

  function tell(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    if (message !== told) logger.warn({ err: error }, "Redis is away; going on without it");
    told = message;
  }

  function lose(lost: RedisClient, error: unknown): void {
    if (client !== lost) return;
    client = undefined;
    redisUp.set(0);
    tell(error);
    lost.destroy();
  }

  function answer<T>(current: RedisClient, work: Promise<T>, ownTimeoutMs: number): Promise<T> {
    return withDeadline(work, ownTimeoutMs).catch((error: unknown) => {
      if (error instanceof DeadlineError) {
        redisFailures.inc({ reason: "timeout" });
        lose(current, error);
        throw new RedisAwayError(`Redis gave ${error.message}`, { cause: error });
      }
      if (client === current || error instanceof ErrorReply) throw error;
      redisFailures.inc({ reason: "connection" });
      throw new RedisAwayError("the connection to Redis was lost", { cause: error });
    });
  }

  async function run<T>(
    work: (client: RedisClient) => Promise<T>,
    options: { readonly timeoutMs?: number } = {},
  ): Promise<T> {
    const current = client;
    if (current === undefined) {
      redisFailures.inc({ reason: "away" });
      throw new RedisAwayError("Redis is away");
    }
    const result = await answer(current, work(current), options.timeoutMs ?? timeoutMs);
    answered = true;
    return result;
  }

  async function listen(channel: string): Promise<void> {
    await run((current) => current.subscribe(channel, subscriptions.deliver), { timeoutMs: CONNECT_TIMEOUT_MS });
  }

  async function reconnect(): Promise<void> {
    try {
      const { signal } = closing;
      client = await connect({ url, name, timeoutMs: CONNECT_TIMEOUT_MS, signal, onLost: lose });
    } catch (error) {
      if (!closing.signal.aborted) tell(error);
      return;
    }
    redisUp.set(1);
    told = undefined;
    logger.info("Redis answers");
    for (const channel of subscriptions.channels()) {
      await listen(channel).catch((error: unknown) => {
        if (!(error instanceof RedisAwayError)) logger.error({ err: error, channel }, "a channel cannot be heard");
      });
    }
    if (client !== undefined) notify();
  }

  function notify(): void {
    for (const listener of recovered) {
      try {
        listener();
      } catch (error) {
        logger.error({ err: error }, "what was to happen when Redis is back failed");
      }
    }
  }

  async function probe(current: RedisClient): Promise<void> {
    // Whoever got an answer since the last time has asked already.
    if (!answered) await answer(current, current.ping(), timeoutMs).catch((error: unknown) => lose(current, error));
    answered = false;
  }

  async function watch(): Promise<void> {
    while (!closing.signal.aborted) {
      await (client === undefined ? reconnect() : probe(client));
      await delay(PROBE_INTERVAL_MS, undefined, { signal: closing.signal }).catch(() => undefined); // closed
    }
  }
  const watching = watch();

  return {
    get up() {
      return client !== undefined;
    },
    run,
    async subscribe(channel, onMessage) {
      subscriptions.add(channel, onMessage);
      const leave = async (): Promise<void> => {
        if (!subscriptions.remove(channel, onMessage) || client === undefined) return;
        await run((current) => current.unsubscribe(channel)).catch((error: unknown) => {
          if (!(error instanceof RedisAwayError)) throw error; // Else the channel went with the connection.
        });
      };
      if (client !== undefined) {
        await listen(channel).catch(async (error: unknown) => {
          if (error instanceof RedisAwayError) return; // It is made when Redis is back.
          subscriptions.remove(channel, onMessage);
          throw error;
        });
      }
      return leave;
    },
    onRecovered(listener) {
      recovered.push(listener);
    },
    async close() {
      closing.abort();
      await watching;
      const last = client;
      client = undefined;
      redisUp.set(0);
      if (last === undefined) return;
      await withDeadline(last.close(), timeoutMs).catch(() => undefined); // What hangs is cut off.
      last.destroy();
    },
  };
}
