// Listeners, and the connection managers in them, as a dump has them.
import { z } from "zod";
import { anyShape, socketAddressShape } from "./proto-shapes.ts";
import { routeConfigurationShape } from "./route-shapes.ts";

const filterShape = z.object({ name: z.string(), typed_config: anyShape.optional() });

const filterChainShape = z.object({
  name: z.string().default(""),
  filter_chain_match: z
    .object({ destination_port: z.number().optional(), transport_protocol: z.string().default("") })
    .optional(),
  filters: z.array(filterShape).default([]),
  transport_socket: z.object({ typed_config: anyShape.optional() }).optional(),
});
export type FilterChain = z.infer<typeof filterChainShape>;

export const listenerShape = z.object({
  name: z.string().default(""),
  address: socketAddressShape.optional(),
  traffic_direction: z.enum(["UNSPECIFIED", "INBOUND", "OUTBOUND"]).default("UNSPECIFIED"),
  filter_chains: z.array(filterChainShape).default([]),
  default_filter_chain: filterChainShape.optional(),
});
export type ProxyListener = z.infer<typeof listenerShape>;

export const connectionManagerType =
  "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";

export const connectionManagerShape = z.object({
  route_config: routeConfigurationShape.optional(),
  rds: z.object({ route_config_name: z.string() }).optional(),
  http_filters: z.array(filterShape).default([]),
});
export type ConnectionManager = z.infer<typeof connectionManagerShape>;
