import type { Tokens } from "./data-folder/identity.ts";
import type { Layout } from "./data-folder/layout.ts";
import type { Secrets } from "./data-folder/secrets.ts";
import type { EventLogPlace } from "./event-log-place.ts";
import { databaseUrls } from "./processes/databases.ts";
import type { Environment } from "./processes/environment.ts";
import type { ProcessSet } from "./processes/process-set.ts";
import type { Killable } from "./processes/supervised-server.ts";
import type { ServiceName, SidecarInstance, Topology } from "./processes/topology.ts";
import type { RedisPlace } from "./redis/place.ts";
import type { RunningDatabases } from "./start-postgres.ts";
import type { ProcessState, StackState } from "./state.ts";

/** Everything that one run of a stack consists of. */
export interface Platform {
  readonly layout: Layout;
  readonly topology: Topology;
  readonly secrets: Secrets;
  readonly databases: RunningDatabases;
  readonly eventLog: EventLogPlace;
  readonly redis: RedisPlace | undefined;
  /** The variables of each process, by its name. */
  readonly environments: Readonly<Record<string, Environment>>;
  readonly processes: ProcessSet;
  readonly sidecars: readonly Killable[];
  readonly startedAt: Date;
}

/** The state to publish. A process that is down at the moment is left out. */
export function stateOf(platform: Platform, tokens: Tokens): StackState {
  const { topology, secrets, eventLog, redis } = platform;
  const databases = databaseUrls(platform.databases, "url", secrets);
  const running = (pid: number | undefined, rest: Omit<ProcessState, "pid">): ProcessState[] =>
    pid === undefined ? [] : [{ ...rest, pid }];
  const pidOf = (name: string): number | undefined => platform.processes.find(name)?.pid;
  const sidecarPid = (name: string): number | undefined =>
    platform.sidecars.find((sidecar) => sidecar.name === name)?.pid;
  const services = topology.services.flatMap((instance) =>
    running(pidOf(instance.name), {
      ...instance,
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
      ...(redis === undefined ? [] : running(redis.server.pid, { name: redis.server.name, service: "redis" })),
      ...platform.databases.supervised.flatMap(({ name, pid }) => running(pid, { name, service: "postgres" })),
    ],
    serviceEnvironments: firstEnvironments(platform),
    databases,
    eventLogUrl: eventLog.toolsUrl,
    adminDatabaseUrl: platform.databases.postgres.url("postgres"),
    ...(redis === undefined ? {} : { redisUrl: redis.toolsUrl }),
  };
}

function firstEnvironments({ topology, environments }: Platform): Record<ServiceName, Environment> {
  // Backwards, so that the first instance of a service has the last word.
  const ofServices = topology.services.toReversed().map(({ name, service }) => [service, environments[name]]);
  return Object.fromEntries(ofServices) as Record<ServiceName, Environment>;
}

function sidecarState({ name, service, admin, inbound, outbound }: SidecarInstance): Omit<ProcessState, "pid"> {
  return { name, service, admin, outbound, ...(inbound === undefined ? {} : { inbound }) };
}

/** The process or server of the name, be it down at the moment. */
export function findProcess(platform: Platform, name: string): Killable | undefined {
  const { databases, eventLog, redis, sidecars } = platform;
  const servers = [
    ...databases.supervised,
    ...eventLog.brokers,
    ...(redis === undefined ? [] : [redis.server]),
    ...sidecars,
  ];
  return platform.processes.find(name) ?? servers.find((server) => server.name === name);
}
