export { catalogueItems } from "./catalogue/items.ts";
export { customerScopes, issueDevelopmentToken, operatorScopes } from "./data-folder/identity.ts";
export { consumerGroups, producedTopics } from "./event-flow.ts";
export type { EventLogOption, RunPhase, StackOptions } from "./options.ts";
export { formatLogLine, type LogLine } from "./output/log-line.ts";
export type { Replicas, ServiceName } from "./processes/topology.ts";
export { type Stack, startStack } from "./stack.ts";
export {
  type DatabaseUrls,
  type PlatformUrls,
  type ProcessState,
  readStackState,
  type ShardUrl,
  type StackState,
} from "./state.ts";
export { UserError } from "./user-error.ts";
