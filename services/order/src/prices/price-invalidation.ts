import { pricesChannel } from "@ordermesh/proto/channels";
import type { Logger } from "@ordermesh/runtime/logging";
import type { RedisPort } from "@ordermesh/runtime/redis";
import { z } from "zod";
import type { PriceCache } from "./price-cache.ts";

const skusOf = z.array(z.string());

/**
 * Lets the cache ask for a price anew as soon as inventory says that it has changed, until the returned function is
 * called. What is said while Redis is away is not heard: then a price is as old as the cache's own rules allow. Never
 * rejects: a service that cannot hear goes by those rules as well.
 */
export async function followPriceChanges(
  redis: RedisPort,
  cache: Pick<PriceCache, "drop">,
  logger: Pick<Logger, "error" | "warn">,
): Promise<() => Promise<void>> {
  const onMessage = (message: string): void => {
    const skus = readSkus(message);
    if (skus === undefined) logger.warn({ message: message.slice(0, 200) }, "not a message about prices");
    else cache.drop(skus);
  };
  try {
    return await redis.subscribe(pricesChannel, onMessage);
  } catch (error) {
    logger.error({ err: error }, "changes of prices cannot be heard");
    return async () => undefined;
  }
}

function readSkus(message: string): readonly string[] | undefined {
  try {
    return skusOf.safeParse(JSON.parse(message)).data;
  } catch {
    return undefined; // not even JSON
  }
}
