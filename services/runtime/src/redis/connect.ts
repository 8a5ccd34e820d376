import { createClient } from "@redis/client";
import { withDeadline } from "./deadline.ts";
import type { RedisClient } from "./port.ts";

/** So many commands that wait for an answer are a sign that none comes. */
const MAX_QUEUE = 10_000;

export interface ConnectOptions {
  readonly url: string;
  /** Shown by CLIENT LIST. */
  readonly name: string;
  /** For all of it: to connect, log in and get an answer to PING. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Called when the connection is lost after this has resolved; the client is of no more use then. */
  readonly onLost: (client: RedisClient, error: Error) => void;
}

/**
 * One connection that is never mended: the client's own way to connect again can wait for ever at a server that takes
 * connections and answers nothing. Rejects, with nothing left open, when that does not lead to an answer.
 */
export async function connect({ url, name, timeoutMs, signal, onLost }: ConnectOptions): Promise<RedisClient> {
  const client: RedisClient = createClient({
    url,
    name,
    socket: { connectTimeout: timeoutMs, reconnectStrategy: false },
    disableOfflineQueue: true,
    commandsQueueMaxLength: MAX_QUEUE,
    // Neither is of use here, and a user of few rights may not ask for them.
    disableClientInfo: true,
    maintNotifications: "disabled",
  });
  client.on("error", (error: Error) => onLost(client, error));
  const giveUp = (): void => client.destroy();
  signal.addEventListener("abort", giveUp, { once: true });
  try {
    signal.throwIfAborted();
    await withDeadline(
      client.connect().then(() => client.ping()),
      timeoutMs,
    );
    return client;
  } catch (error) {
    client.destroy();
    throw error;
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}
