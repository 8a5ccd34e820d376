import { audience, issuer } from "../data-folder/identity.ts";
import type { Layout } from "../data-folder/layout.ts";
import type { DatabaseUrls } from "../state.ts";
import {
  type GatewayInstance,
  type ProgramName,
  type ServiceInstance,
  type ServiceName,
  type Topology,
  upstreamOf,
} from "./topology.ts";

export type Environment = Readonly<Record<string, string>>;

export interface EnvironmentInputs {
  readonly layout: Layout;
  readonly topology: Topology;
  readonly databases: DatabaseUrls;
  /** The event log as each service's own role or user. */
  readonly eventLogUrl: Readonly<Record<ServiceName, string>>;
  /** Redis as each program's own user; none where there is no Redis. */
  readonly redisUrls: Readonly<Partial<Record<ProgramName, string>>>;
}

/** Variables of a service's process, over what the caller's own environment has. */
export function serviceEnvironment(inputs: EnvironmentInputs, instance: ServiceInstance): Environment {
  const { layout, topology, databases } = inputs;
  const shared = {
    ...sharedEnvironment(inputs, instance),
    ORDERMESH_GRPC_LISTEN: instance.grpc,
    ORDERMESH_CONNECT_LISTEN: instance.connect,
    ORDERMESH_EVENT_LOG_URL: inputs.eventLogUrl[instance.service],
  };
  if (instance.service === "order") {
    return {
      ...shared,
      ORDERMESH_SHARDS: databases.shards.map(({ name, url }) => `${name}=${url}`).join(","),
      ORDERMESH_INVENTORY_ADDRESS: upstreamOf(topology, instance.name, "inventory"),
      ORDERMESH_SERVICE_TOKEN_FILE: layout.serviceToken,
    };
  }
  const own = { ...shared, ORDERMESH_DATABASE_URL: databases[instance.service] };
  return instance.service === "payment" ? { ...own, ORDERMESH_PROVIDER_DATABASE_URL: databases.provider } : own;
}

/** Variables of the gateway's process. */
export function gatewayEnvironment(inputs: EnvironmentInputs): Environment {
  const { topology } = inputs;
  const { gateway } = topology;
  return {
    ...sharedEnvironment(inputs, gateway),
    ORDERMESH_HTTP_LISTEN: gateway.http,
    ORDERMESH_ORDER_ADDRESS: upstreamOf(topology, gateway.name, "order"),
    ORDERMESH_PAYMENT_ADDRESS: upstreamOf(topology, gateway.name, "payment"),
    ORDERMESH_INVENTORY_ADDRESS: upstreamOf(topology, gateway.name, "inventory"),
    ORDERMESH_NOTIFICATION_ADDRESS: upstreamOf(topology, gateway.name, "notification"),
  };
}

function sharedEnvironment(
  { layout, redisUrls }: EnvironmentInputs,
  instance: ServiceInstance | GatewayInstance,
): Environment {
  const redisUrl = redisUrls[instance.service];
  return {
    NODE_ENV: "production",
    NODE_COMPILE_CACHE: layout.compileCache,
    ORDERMESH_INSTANCE: instance.name,
    ORDERMESH_HEALTH_LISTEN: instance.health,
    ORDERMESH_JWKS_FILE: layout.jwks,
    ORDERMESH_JWT_ISSUER: issuer,
    ORDERMESH_JWT_AUDIENCE: audience,
    ...(redisUrl === undefined ? {} : { ORDERMESH_REDIS_URL: redisUrl }),
  };
}
