// Who reads and who writes which topic.
import { inventoryTopic, ordersTopic, paymentsTopic } from "@ordermesh/proto/topics";
import type { ServiceName } from "./processes/topology.ts";

/** The topics of each consumer group; a service's group bears its name. */
export const consumerGroups: Readonly<Record<ServiceName, readonly string[]>> = {
  order: [inventoryTopic, paymentsTopic],
  payment: [ordersTopic],
  inventory: [ordersTopic],
  notification: [ordersTopic],
};

/** What each service reads again from the beginning, to make a store anew, beside what it consumes. */
export const replayedTopics: Readonly<Partial<Record<ServiceName, readonly string[]>>> = {
  order: [ordersTopic, paymentsTopic],
  notification: [ordersTopic],
};

/** The topic that each service announces its changes on. */
export const producedTopics: Readonly<Partial<Record<ServiceName, string>>> = {
  order: ordersTopic,
  payment: paymentsTopic,
  inventory: inventoryTopic,
};
