import type { EmbeddedPostgres } from "@ordermesh/runtime/embedded-postgres";
import type { Secrets } from "./data-folder/secrets.ts";
import { eventLogUrl, eventLogUrls } from "./processes/databases.ts";
import type { Killable } from "./processes/supervised-server.ts";
import { type ServiceName, serviceNames } from "./processes/topology.ts";
import type { StackState } from "./state.ts";

type ServiceUrls = Readonly<Record<ServiceName, string>>;

/** Where the events of a stack are, and how they are reached. */
export interface EventLogPlace {
  readonly mode: StackState["mode"];
  /** For tools, with all rights. */
  readonly toolsUrl: string;
  /** As each service, from any process of the machine. */
  readonly serviceUrls: ServiceUrls;
  /** As each service, for its own processes. */
  readonly processUrls: ServiceUrls;
  /** Those that the stack runs. */
  readonly brokers: readonly Killable[];
}

/** Events in PostgreSQL, beside the services' databases. */
export function embeddedPlace(postgres: EmbeddedPostgres, secrets: Secrets): EventLogPlace {
  return {
    mode: "embedded",
    toolsUrl: eventLogUrl(postgres.url, secrets),
    serviceUrls: eventLogUrls(postgres.url, secrets),
    processUrls: eventLogUrls(postgres.socketUrl, secrets),
    brokers: [],
  };
}

/** Events on a cluster that runs elsewhere, where services and tools are the same user. */
export function externalPlace(url: string): EventLogPlace {
  const urls = Object.fromEntries(serviceNames.map((name) => [name, url])) as Record<ServiceName, string>;
  return { mode: "engines", toolsUrl: url, serviceUrls: urls, processUrls: urls, brokers: [] };
}
