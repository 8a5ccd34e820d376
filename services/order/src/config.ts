// Settings of the order service, from the environment.
import { addressList, readConfig, redisUrl, serviceConfigShape, wholeNumber } from "@ordermesh/runtime/config";
import { z } from "zod";
import { shardBuckets, shardUrls } from "./shards/shard-urls.ts";

const { ORDERMESH_DATABASE_URL: _, ...sharedShape } = serviceConfigShape;

const orderConfig = z.object({
  ...sharedShape,
  ORDERMESH_SHARDS: shardUrls,
  /** The first assignment of buckets; even ranges unless given. Without effect once buckets are assigned. */
  ORDERMESH_SHARD_BUCKETS: shardBuckets.optional(),
  /** Holds the index of names and tells of new prices; without it the shards are asked, and prices age. */
  ORDERMESH_REDIS_URL: redisUrl.optional(),
  ORDERMESH_INVENTORY_ADDRESS: addressList,
  ORDERMESH_SERVICE_TOKEN_FILE: z.string().min(1).describe("path of a file with the service's own token"),
  /** How long stock and payment may take together before the order is cancelled. */
  ORDERMESH_SAGA_DEADLINE_MS: wholeNumber(100, 86_400_000).default(60_000),
  /** How old a price may be that is used without asking inventory. */
  ORDERMESH_PRICE_FRESH_MS: wholeNumber(0, 600_000).default(5_000),
  /** How old a price may be that is used while inventory cannot be asked. */
  ORDERMESH_PRICE_MAX_AGE_MS: wholeNumber(0, 86_400_000).default(300_000),
});

export type OrderConfig = z.output<typeof orderConfig>;

export const readOrderConfig = (): OrderConfig => readConfig(orderConfig);
