import type { EmbeddedPostgres } from "@ordermesh/runtime/embedded-postgres";
import type { Tokens } from "./data-folder/identity.ts";
import type { Layout } from "./data-folder/layout.ts";
import type { Secrets } from "./data-folder/secrets.ts";
import type { EventLogPlace } from "./event-log-place.ts";
import { databaseUrls } from "./processes/databases.ts";
import type { ProcessSet } from "./processes/process-set.ts";
import type { Killable } from "./processes/supervised-server.ts";
import type { SidecarInstance, Topology } from "./processes/topology.ts";
import type { SupervisedPostgres } from "./start-postgres.ts";
import type { ProcessState, StackState } from "./state.ts";

/** Everything that one run of a stack consists of. */
export interface Platform {
  readonly layout: Layout;
  readonly topology: Topology;
  readonly secrets: Secrets;
  readonly postgres: EmbeddedPostgres;
  readonly supervisedPostgres: SupervisedPostgres;
  readonly eventLog: EventLogPlace;
  readonly processes: ProcessSet;
  readonly sidecars: readonly Killable[];
  readonly startedAt: Date;
}

/** The state to publish. A process that is down at the moment is left out. */
export function stateOf(platform: Platform, tokens: Tokens): StackState {
  const { topology, postgres, secrets, eventLog } = platform;
  const databases = databaseUrls(postgres.url, secrets);
  const running = (pid: number | undefined, rest: Omit<ProcessState, "pid">): ProcessState[] =>
    pid === undefined ? [] : [{ ...rest, pid }];
  const pidOf = (name: string): number | undefined => platform.processes.find(name)?.pid;
  const sidecarPid = (name: string): number | undefined =>
    platform.sidecars.find((sidecar) => sidecar.name === name)?.pid;
  const services = topology.services.flatMap((instance) =>
    running(pidOf(instance.name), {
      ...instance,
      databaseUrl: databases[instance.service],
      ...(instance.service === "payment" ? { providerDatabaseUrl: databases.provider } : {}),
      eventLogUrl: eventLog.serviceUrls[instance.service],
    }),
  );
  return {
    mode: eventLog.mode,
    mesh: topology.sidecars.length > 0,
    gatewayUrl: `http://${topology.gateway.http}`,
    customerToken: tokens.customer,
    operatorToken: tokens.operator,
    startedAt: platform.startedAt.toISOString(),
    pid: process.pid,
    processes: [
      ...running(pidOf(topology.gateway.name), topology.gateway),
      ...services,
      ...topology.sidecars.flatMap((sidecar) => running(sidecarPid(sidecar.name), sidecarState(sidecar))),
      ...eventLog.brokers.flatMap(({ name, pid }) => running(pid, { name, service: "kafka" })),
      ...running(platform.supervisedPostgres.pid, { name: "postgres", service: "postgres" }),
    ],
    databases,
    eventLogUrl: eventLog.toolsUrl,
    adminDatabaseUrl: postgres.url("postgres"),
  };
}

function sidecarState({ name, service, admin, inbound, outbound }: SidecarInstance): Omit<ProcessState, "pid"> {
  return { name, service, admin, outbound, ...(inbound === undefined ? {} : { inbound }) };
}

/** Sends a signal to whatever runs under the name; false when nothing does. */
export function killProcess(platform: Platform, name: string, signal: NodeJS.Signals): boolean {
  const servers = [platform.supervisedPostgres, ...platform.eventLog.brokers, ...platform.sidecars];
  const found = platform.processes.find(name) ?? servers.find((server) => server.name === name);
  return found?.kill(signal) ?? false;
}
