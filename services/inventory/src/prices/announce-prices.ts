import { pricesChannel } from "@ordermesh/proto/channels";
import type { Logger } from "@ordermesh/runtime/logging";
import { RedisAwayError, type RedisPort } from "@ordermesh/runtime/redis";

/** Tells whoever keeps prices that the item's may have changed; called once that is committed. */
export type PriceChanged = (sku: string) => void;

/**
 * Tells it through Redis as far as that is possible: never fails, and nobody waits for it. A price that somebody keeps
 * although it has changed is asked for anew when it is no longer fresh.
 */
export function announcePrices(redis: RedisPort, logger: Pick<Logger, "error">): PriceChanged {
  return (sku) => {
    redis
      .run((client) => client.publish(pricesChannel, JSON.stringify([sku])))
      .catch((error: unknown) => {
        if (!(error instanceof RedisAwayError)) logger.error({ err: error, sku }, "a price cannot be announced");
      });
  };
}
