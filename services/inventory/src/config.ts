// Settings of the inventory service, from the environment.
import { readConfig, type ServiceConfig, serviceConfig } from "@ordermesh/runtime/config";

export type InventoryConfig = ServiceConfig;

export const readInventoryConfig = (): InventoryConfig => readConfig(serviceConfig);
