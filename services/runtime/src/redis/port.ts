import type { createClient } from "@redis/client";

/** The client of one connection, with a method for each command. */
export type RedisClient = ReturnType<typeof createClient>;

/** Redis cannot be asked now, or did not answer in time. What was asked may still be carried out later. */
export class RedisAwayError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "RedisAwayError";
  }
}

/**
 * A Redis that may go away at any time: whoever uses it can do without, and it costs little while it is away.
 *
 * A command that was not answered within its time is over for the caller, not for Redis: a server that hung carries out
 * what it had received when it goes on. So ask only for what may be done late, or twice.
 */
export interface RedisPort {
  /** Whether Redis answered last. While false every `run` rejects at once. */
  readonly up: boolean;
  /**
   * Runs `work`, all of whose commands together have `timeoutMs` (default: that of the port), counted from when the
   * first is written, not while this process itself is busy.
   *
   * When the time is up, or the connection is lost, Redis counts as away until it answers a PING, tried each 500 ms.
   * @throws RedisAwayError; an ErrorReply of the client's when Redis answered with an error; whatever `work` throws
   */
  run<T>(work: (client: RedisClient) => Promise<T>, options?: { readonly timeoutMs?: number }): Promise<T>;
  /**
   * Listens to a channel until the returned function is called, from now on or from when Redis is back. What is
   * published while it is away is lost: see `onRecovered`.
   * @throws an ErrorReply of the client's when Redis does not allow it
   */
  subscribe(channel: string, onMessage: (message: string) => void): Promise<() => Promise<void>>;
  /** Calls the listener each time that Redis answers after it did not, the first time included. */
  onRecovered(listener: () => void): void;
  /** Lets commands under way end, within the time of one. Afterwards every `run` rejects. */
  close(): Promise<void>;
}
