import type { Logger } from "../logging/index.ts";

export type MessageListener = (message: string) => void;

/** Who listens to which channel, whether or not there is a connection. */
export interface Subscriptions {
  channels(): readonly string[];
  add(channel: string, listener: MessageListener): void;
  /** Whether nobody listens to the channel any more. */
  remove(channel: string, listener: MessageListener): boolean;
  deliver(message: string, channel: string): void;
}

export function createSubscriptions(logger: Logger): Subscriptions {
  const listeners = new Map<string, Set<MessageListener>>();
  return {
    channels: () => [...listeners.keys()],
    add(channel, listener) {
      const set = listeners.get(channel) ?? new Set();
      listeners.set(channel, set.add(listener));
    },
    remove(channel, listener) {
      const set = listeners.get(channel);
      set?.delete(listener);
      if (set?.size === 0) listeners.delete(channel);
      return !listeners.has(channel);
    },
    deliver(message, channel) {
      for (const listener of listeners.get(channel) ?? []) {
        try {
          listener(message);
        } catch (error) {
          logger.error({ err: error, channel }, "a message from Redis could not be dealt with");
        }
      }
    },
  };
}
