import { fileURLToPath } from "node:url";
import { furtherShards } from "../shards/shard-names.ts";
import { UserError } from "../user-error.ts";
import { pickPorts } from "./ports.ts";

export const serviceNames = ["order", "payment", "inventory", "notification"] as const;
export type ServiceName = (typeof serviceNames)[number];
export type ProgramName = ServiceName | "gateway";

/** How many processes of a service run; one where nothing is said. */
export type Replicas = Partial<Record<ServiceName, number>>;

/** The main file of each program. */
export type Programs = Readonly<Record<ProgramName, string>>;

const file = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

export const programs: Programs = {
  order: file("services/order/src/main.ts"),
  payment: file("services/payment/src/main.ts"),
  inventory: file("services/inventory/src/main.ts"),
  notification: file("services/notification/src/main.ts"),
  gateway: file("gateway/src/main.ts"),
};

export interface ServiceInstance {
  readonly name: string;
  readonly service: ServiceName;
  readonly grpc: string;
  readonly connect: string;
  readonly health: string;
}

export interface GatewayInstance {
  readonly name: "gateway-1";
  readonly service: "gateway";
  readonly http: string;
  readonly health: string;
}

/** A proxy beside a process: what others call goes through it, and so do its own calls. */
export interface SidecarInstance {
  readonly name: string;
  readonly service: "sidecar";
  /** The process it stands beside. */
  readonly of: string;
  readonly workload: ProgramName;
  readonly admin: string;
  /** Where other sidecars reach the process; undefined where nobody calls it. */
  readonly inbound: string | undefined;
  /** Where the process reaches each service that it calls. */
  readonly outbound: Readonly<Partial<Record<ServiceName, string>>>;
}

/** Which services each program calls; a program that is not named calls none. */
export type Upstreams = Readonly<Partial<Record<ProgramName, readonly ServiceName[]>>>;

/** Every process with its addresses, which stay the same for the whole run, so that a restarted one is found again. */
export interface Topology {
  readonly services: readonly ServiceInstance[];
  readonly gateway: GatewayInstance;
  readonly postgresPort: number;
  /** The servers of the shards after the first. */
  readonly furtherShards: readonly { readonly shard: string; readonly port: number }[];
  /** One entry per Kafka broker. */
  readonly kafka: readonly { readonly port: number; readonly controllerPort: number }[];
  /** Undefined where there is no Redis. */
  readonly redisPort: number | undefined;
  /** One beside each process, or none at all. */
  readonly sidecars: readonly SidecarInstance[];
}

const MAX_REPLICAS = 8;

/** Reads `order=2,payment=2`. */
export function parseReplicas(text: string): Replicas {
  const replicas: Replicas = {};
  for (const part of text.split(",")) {
    const [name = "", count = ""] = part.split("=").map((side) => side.trim());
    const service = serviceNames.find((known) => known === name);
    const number = /^\d{1,2}$/.test(count) ? Number(count) : 0;
    if (service === undefined || number < 1 || number > MAX_REPLICAS) {
      throw new UserError(
        "BAD_REPLICAS",
        `--replicas: "${part}" is not accepted; give service=count with ${serviceNames.join(", ")} ` +
          `and 1 to ${MAX_REPLICAS}, for example order=2,payment=2`,
        { exitCode: 2 },
      );
    }
    replicas[service] = number;
  }
  return replicas;
}

export interface TopologyOptions {
  /** Of the gateway; 0 picks a free one. */
  readonly port: number;
  readonly replicas: Replicas;
  readonly shards: number;
  readonly brokers: number;
  readonly redis: boolean;
  /** Given, every process gets a sidecar. */
  readonly upstreams?: Upstreams | undefined;
}

/** Lays out all processes on free ports. */
export async function planTopology(options: TopologyOptions): Promise<Topology> {
  const { port, replicas, brokers, redis, upstreams } = options;
  const shards = furtherShards(options.shards);
  const names = serviceNames.flatMap((service) =>
    Array.from({ length: replicas[service] ?? 1 }, (_, index) => ({ service, name: `${service}-${index + 1}` })),
  );
  const perSidecar = 2 + serviceNames.length;
  const sidecars = upstreams === undefined ? 0 : names.length + 1;
  const ofEngines = 1 + shards.length + brokers * 2 + (redis ? 1 : 0);
  const ports = (await pickPorts(names.length * 3 + 2 + ofEngines + sidecars * perSidecar)).values();
  const next = (): number => ports.next().value ?? 0;
  const address = (): string => `127.0.0.1:${next()}`;
  const services = names.map((one) => ({ ...one, grpc: address(), connect: address(), health: address() }));
  const freePort = next();
  const gateway = {
    name: "gateway-1",
    service: "gateway",
    http: `127.0.0.1:${port === 0 ? freePort : port}`,
    health: address(),
  } as const;
  const sidecarOf = ({ name, service }: { name: string; service: ProgramName }): SidecarInstance => ({
    name: `${name}-sidecar`,
    service: "sidecar",
    of: name,
    workload: service,
    admin: address(),
    inbound: service === "gateway" ? undefined : address(),
    outbound: Object.fromEntries((upstreams?.[service] ?? []).map((called) => [called, address()])),
  });
  return {
    services,
    gateway,
    postgresPort: next(),
    furtherShards: shards.map((shard) => ({ shard, port: next() })),
    kafka: Array.from({ length: brokers }, () => ({ port: next(), controllerPort: next() })),
    redisPort: redis ? next() : undefined,
    sidecars: upstreams === undefined ? [] : [...services, gateway].map(sidecarOf),
  };
}

/** Where a process reaches a service: its own sidecar where it has one, else every replica. */
export function upstreamOf(topology: Topology, process: string, service: ServiceName): string {
  const sidecar = topology.sidecars.find(({ of }) => of === process);
  if (sidecar === undefined) return addressesOf(topology, service);
  const address = sidecar.outbound[service];
  if (address === undefined) throw new Error(`the sidecar of ${process} has no way to ${service}`);
  return address;
}

/** The gRPC addresses of a service's replicas, as a service's configuration takes them. */
export function addressesOf(topology: Topology, service: ServiceName): string {
  return topology.services
    .filter((instance) => instance.service === service)
    .map((instance) => instance.grpc)
    .join(",");
}
