// What the rebuild needs of the order service's environment.
import { readConfig, redisUrl, serviceConfigShape } from "@ordermesh/runtime/config";
import { z } from "zod";
import { shardUrls } from "../shards/shard-urls.ts";

const rebuildConfig = z.object({
  ORDERMESH_INSTANCE: serviceConfigShape.ORDERMESH_INSTANCE,
  ORDERMESH_EVENT_LOG_URL: serviceConfigShape.ORDERMESH_EVENT_LOG_URL,
  ORDERMESH_SHARDS: shardUrls,
  ORDERMESH_REDIS_URL: redisUrl.optional(),
});

export type RebuildConfig = z.output<typeof rebuildConfig>;

export const readRebuildConfig = (): RebuildConfig => readConfig(rebuildConfig);
