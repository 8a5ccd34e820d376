import { deadLetterTopic } from "@ordermesh/runtime/event-log";
import { consumerGroups, producedTopics, replayedTopics } from "../event-flow.ts";
import { type ServiceName, serviceNames } from "../processes/topology.ts";

/** One thing that a service's user may do. */
export interface AccessRule {
  readonly service: ServiceName;
  readonly resource: "topic" | "group";
  /** The whole name, unless `prefix`. */
  readonly name: string;
  /** For all whose name begins so. */
  readonly prefix?: true;
  readonly operation: "read" | "write" | "describe" | "delete";
}

/**
 * What each service needs, and no more: to announce on its topic; to read those it consumes, and put what it cannot apply
 * into their dead letters; to be a member of its group; to read again, as groups that are there for one reading, what it
 * makes a store anew from. None makes topics or sees another's group.
 */
export function accessRules(): AccessRule[] {
  return serviceNames.flatMap((service) => {
    const consumed = consumerGroups[service];
    const deadLetters = consumed.map(deadLetterTopic);
    const produced = producedTopics[service];
    const written = [...(produced === undefined ? [] : [produced]), ...deadLetters];
    const replayed = replayedTopics[service] ?? [];
    const read = [...new Set([...consumed, ...deadLetters, ...replayed])];
    const topics = [...new Set([...written, ...read])];
    return [
      ...written.map((name): AccessRule => ({ service, resource: "topic", name, operation: "write" })),
      ...read.map((name): AccessRule => ({ service, resource: "topic", name, operation: "read" })),
      ...topics.map((name): AccessRule => ({ service, resource: "topic", name, operation: "describe" })),
      { service, resource: "group", name: service, operation: "read" },
      { service, resource: "group", name: service, operation: "describe" },
      ...(replayed.length === 0 ? [] : readersOf(service)),
    ];
  });
}

/** A reading is a group of its own, named by the process; all processes of a service begin with the service's name. */
function readersOf(service: ServiceName): AccessRule[] {
  const operations = ["read", "describe", "delete"] as const;
  return operations.map((operation) => ({
    service,
    resource: "group",
    name: `read.${service}-`,
    prefix: true,
    operation,
  }));
}
