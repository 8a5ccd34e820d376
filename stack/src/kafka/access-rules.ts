import { deadLetterTopic } from "@ordermesh/runtime/event-log";
import { consumerGroups, producedTopics } from "../event-flow.ts";
import { type ServiceName, serviceNames } from "../processes/topology.ts";

/** One thing that a service's user may do. */
export interface AccessRule {
  readonly service: ServiceName;
  readonly resource: "topic" | "group";
  /** The whole name: no rule is for a prefix. */
  readonly name: string;
  readonly operation: "read" | "write" | "describe";
}

/**
 * What each service needs, and no more: to announce on its topic; to read those it consumes, and put what it cannot apply
 * into their dead letters; to be a member of its group. None makes topics or sees another's group.
 */
export function accessRules(): AccessRule[] {
  return serviceNames.flatMap((service) => {
    const consumed = consumerGroups[service];
    const deadLetters = consumed.map(deadLetterTopic);
    const produced = producedTopics[service];
    const written = [...(produced === undefined ? [] : [produced]), ...deadLetters];
    const read = [...consumed, ...deadLetters];
    const topics = [...new Set([...written, ...read])];
    return [
      ...written.map((name): AccessRule => ({ service, resource: "topic", name, operation: "write" })),
      ...read.map((name): AccessRule => ({ service, resource: "topic", name, operation: "read" })),
      ...topics.map((name): AccessRule => ({ service, resource: "topic", name, operation: "describe" })),
      { service, resource: "group", name: service, operation: "read" },
      { service, resource: "group", name: service, operation: "describe" },
    ];
  });
}
