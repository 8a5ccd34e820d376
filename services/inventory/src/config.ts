// Settings of the inventory service, from the environment.
import { readConfig, redisUrl, serviceConfigShape } from "@ordermesh/runtime/config";
import { z } from "zod";

export const inventoryConfig = z.object({
  ...serviceConfigShape,
  /** Where price changes are told. Without it nobody hears of them, and prices are as old as those who keep them allow. */
  ORDERMESH_REDIS_URL: redisUrl.optional(),
});

export type InventoryConfig = z.output<typeof inventoryConfig>;

export const readInventoryConfig = (): InventoryConfig => readConfig(inventoryConfig);
