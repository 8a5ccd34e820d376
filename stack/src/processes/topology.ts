import { fileURLToPath } from "node:url";
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

/** Every process with its addresses, which stay the same for the whole run, so that a restarted one is found again. */
export interface Topology {
  readonly services: readonly ServiceInstance[];
  readonly gateway: GatewayInstance;
  readonly postgresPort: number;
  /** One entry per Kafka broker. */
  readonly kafka: readonly { readonly port: number; readonly controllerPort: number }[];
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

/** Lays out all processes on free ports. The gateway takes `port`, or a free one when it is 0. */
export async function planTopology(port: number, replicas: Replicas, brokers: number): Promise<Topology> {
  const names = serviceNames.flatMap((service) =>
    Array.from({ length: replicas[service] ?? 1 }, (_, index) => ({ service, name: `${service}-${index + 1}` })),
  );
  const ports = (await pickPorts(names.length * 3 + 3 + brokers * 2)).values();
  const next = (): number => ports.next().value ?? 0;
  const address = (): string => `127.0.0.1:${next()}`;
  const services = names.map((one) => ({ ...one, grpc: address(), connect: address(), health: address() }));
  const freePort = next();
  return {
    services,
    gateway: {
      name: "gateway-1",
      service: "gateway",
      http: `127.0.0.1:${port === 0 ? freePort : port}`,
      health: address(),
    },
    postgresPort: next(),
    kafka: Array.from({ length: brokers }, () => ({ port: next(), controllerPort: next() })),
  };
}

/** The gRPC addresses of a service's replicas, as a service's configuration takes them. */
export function addressesOf(topology: Topology, service: ServiceName): string {
  return topology.services
    .filter((instance) => instance.service === service)
    .map((instance) => instance.grpc)
    .join(",");
}
