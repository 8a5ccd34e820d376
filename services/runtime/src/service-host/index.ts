export { type Consumption, type Host, type HostConfig, openHost, type ServedService } from "./host.ts";
export { type HourlyPruning, startHourlyPruning } from "./pruning.ts";
export { openServiceHost, type ServiceHost, type ServiceHostOptions } from "./service-host.ts";
export { openStore, type Store, type StoreOptions } from "./store.ts";
