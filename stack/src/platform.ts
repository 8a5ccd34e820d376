import type { EmbeddedPostgres } from "@ordermesh/runtime/embedded-postgres";
import type { Tokens } from "./data-folder/identity.ts";
import type { Layout } from "./data-folder/layout.ts";
import type { Secrets } from "./data-folder/secrets.ts";
import { databaseUrls, eventLogUrls } from "./processes/databases.ts";
import type { ProcessSet } from "./processes/process-set.ts";
import type { SupervisedPostgres } from "./processes/supervised-postgres.ts";
import type { Topology } from "./processes/topology.ts";
import type { ProcessState, StackState } from "./state.ts";

/** Everything that one run of a stack consists of. */
export interface Platform {
  readonly layout: Layout;
  readonly topology: Topology;
  readonly secrets: Secrets;
  readonly postgres: EmbeddedPostgres;
  readonly supervisedPostgres: SupervisedPostgres;
  readonly processes: ProcessSet;
  readonly startedAt: Date;
}

/** The state to publish. A process that is down at the moment is left out. */
export function stateOf(platform: Platform, tokens: Tokens): StackState {
  const { topology, postgres, secrets } = platform;
  const databases = databaseUrls(postgres.url, secrets);
  const logs = eventLogUrls(postgres.url, secrets);
  const running = (pid: number | undefined, rest: Omit<ProcessState, "pid">): ProcessState[] =>
    pid === undefined ? [] : [{ ...rest, pid }];
  const pidOf = (name: string): number | undefined => platform.processes.find(name)?.pid;
  const services = topology.services.flatMap((instance) =>
    running(pidOf(instance.name), {
      ...instance,
      databaseUrl: databases[instance.service],
      ...(instance.service === "payment" ? { providerDatabaseUrl: databases.provider } : {}),
      eventLogUrl: logs[instance.service],
    }),
  );
  return {
    mode: "embedded",
    gatewayUrl: `http://${topology.gateway.http}`,
    customerToken: tokens.customer,
    operatorToken: tokens.operator,
    startedAt: platform.startedAt.toISOString(),
    pid: process.pid,
    processes: [
      ...running(pidOf(topology.gateway.name), topology.gateway),
      ...services,
      ...running(platform.supervisedPostgres.pid, { name: "postgres", service: "postgres" }),
    ],
    databases,
    adminDatabaseUrl: postgres.url("postgres"),
  };
}
