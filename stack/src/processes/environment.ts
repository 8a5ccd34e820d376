import { audience, issuer } from "../data-folder/identity.ts";
import type { Layout } from "../data-folder/layout.ts";
import type { DatabaseUrls } from "../state.ts";
import { type GatewayInstance, type ServiceInstance, type ServiceName, type Topology, upstreamOf } from "./topology.ts";

export type Environment = Readonly<Record<string, string>>;

export interface EnvironmentInputs {
  readonly layout: Layout;
  readonly topology: Topology;
  readonly databases: DatabaseUrls;
  /** The event log as each service's own role or user. */
  readonly eventLogUrl: Readonly<Record<ServiceName, string>>;
}

/** Variables of a service's process, over what the caller's own environment has. */
export function serviceEnvironment(inputs: EnvironmentInputs, instance: ServiceInstance): Environment {
  const { layout, topology, databases } = inputs;
  return {
    ...sharedEnvironment(layout, instance),
    ORDERMESH_GRPC_LISTEN: instance.grpc,
    ORDERMESH_CONNECT_LISTEN: instance.connect,
    ORDERMESH_DATABASE_URL: databases[instance.service],
    ORDERMESH_EVENT_LOG_URL: inputs.eventLogUrl[instance.service],
    ...(instance.service === "order"
      ? {
          ORDERMESH_INVENTORY_ADDRESS: upstreamOf(topology, instance.name, "inventory"),
          ORDERMESH_SERVICE_TOKEN_FILE: layout.serviceToken,
        }
      : {}),
    ...(instance.service === "payment" ? { ORDERMESH_PROVIDER_DATABASE_URL: databases.provider } : {}),
  };
}

/** Variables of the gateway's process. */
export function gatewayEnvironment(layout: Layout, topology: Topology): Environment {
  const { gateway } = topology;
  return {
    ...sharedEnvironment(layout, gateway),
    ORDERMESH_HTTP_LISTEN: gateway.http,
    ORDERMESH_ORDER_ADDRESS: upstreamOf(topology, gateway.name, "order"),
    ORDERMESH_PAYMENT_ADDRESS: upstreamOf(topology, gateway.name, "payment"),
    ORDERMESH_INVENTORY_ADDRESS: upstreamOf(topology, gateway.name, "inventory"),
    ORDERMESH_NOTIFICATION_ADDRESS: upstreamOf(topology, gateway.name, "notification"),
  };
}

function sharedEnvironment(layout: Layout, instance: ServiceInstance | GatewayInstance): Environment {
  return {
    NODE_ENV: "production",
    NODE_COMPILE_CACHE: layout.compileCache,
    ORDERMESH_INSTANCE: instance.name,
    ORDERMESH_HEALTH_LISTEN: instance.health,
    ORDERMESH_JWKS_FILE: layout.jwks,
    ORDERMESH_JWT_ISSUER: issuer,
    ORDERMESH_JWT_AUDIENCE: audience,
  };
}
