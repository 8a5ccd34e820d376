// Reads what Envoy's admin endpoint prints at /config_dump?include_eds, whether the parts came with the bootstrap or
// from a control plane.
import { z } from "zod";
import { clusterShape, type LoadAssignment, loadAssignmentShape, type ProxyCluster } from "./cluster-shapes.ts";
import { listenerShape, type ProxyListener } from "./listener-shapes.ts";
import { type AnyMessage, anyShape, typeOf } from "./proto-shapes.ts";
import { type RouteConfiguration, routeConfigurationShape } from "./route-shapes.ts";

/** What a proxy has been told, by whomever. */
export interface ProxyDump {
  readonly node: ProxyNode;
  readonly listeners: readonly ProxyListener[];
  /** By name. */
  readonly clusters: ReadonlyMap<string, ProxyCluster>;
  /** By name; those that are written within a listener are there. */
  readonly routes: ReadonlyMap<string, RouteConfiguration>;
  /** By name of the cluster, or by the name under which it asks for its endpoints. */
  readonly endpoints: ReadonlyMap<string, LoadAssignment>;
}

export interface ProxyNode {
  readonly id: string;
  readonly cluster: string;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** A file or an answer that is no dump of an Envoy. */
export class DumpError extends Error {
  readonly code = "MESH_DUMP_INVALID";
}

const dumpShape = z.object({ configs: z.array(anyShape) });
const nodeShape = z.object({
  id: z.string().default(""),
  cluster: z.string().default(""),
  metadata: z.record(z.string(), z.unknown()).default({}),
});
const bootstrapShape = z.object({ bootstrap: z.object({ node: nodeShape.default(nodeShape.parse({})) }) });
const clustersShape = z.object({
  static_clusters: z.array(z.object({ cluster: clusterShape })).default([]),
  dynamic_active_clusters: z.array(z.object({ cluster: clusterShape })).default([]),
});
const listenersShape = z.object({
  static_listeners: z.array(z.object({ listener: listenerShape })).default([]),
  // Without a state it is still warming, and takes no calls.
  dynamic_listeners: z.array(z.object({ active_state: z.object({ listener: listenerShape }).optional() })).default([]),
});
const routesShape = z.object({
  dynamic_route_configs: z.array(z.object({ route_config: routeConfigurationShape })).default([]),
});
const endpointsShape = z.object({
  static_endpoint_configs: z.array(z.object({ endpoint_config: loadAssignmentShape })).default([]),
  dynamic_endpoint_configs: z.array(z.object({ endpoint_config: loadAssignmentShape })).default([]),
});

/**
 * @param configDump the dump as parsed JSON
 * @throws DumpError with the place that is not as Envoy writes it
 */
export function readDump(configDump: unknown): ProxyDump {
  const { configs } = parse(dumpShape, configDump, "the dump");
  const parts = <S extends z.ZodType>(name: string, shape: S): z.output<S>[] =>
    configs.filter((config) => typeOf(config) === `envoy.admin.v3.${name}`).map((config) => parse(shape, config, name));
  const bootstrap = parts("BootstrapConfigDump", bootstrapShape)[0];
  if (bootstrap === undefined)
    throw new DumpError("the dump has no BootstrapConfigDump: it is no whole dump of an Envoy");
  const clusters = parts("ClustersConfigDump", clustersShape)
    .flatMap((part) => [...part.static_clusters, ...part.dynamic_active_clusters])
    .map(({ cluster }) => cluster);
  const listeners = parts("ListenersConfigDump", listenersShape).flatMap((part) => [
    ...part.static_listeners.map(({ listener }) => listener),
    ...part.dynamic_listeners.flatMap(({ active_state: state }) => (state === undefined ? [] : [state.listener])),
  ]);
  const routes = parts("RoutesConfigDump", routesShape).flatMap((part) => part.dynamic_route_configs);
  const endpoints = parts("EndpointsConfigDump", endpointsShape).flatMap((part) => [
    ...part.static_endpoint_configs,
    ...part.dynamic_endpoint_configs,
  ]);
  return {
    node: bootstrap.bootstrap.node,
    listeners,
    clusters: new Map(clusters.map((cluster) => [cluster.name, cluster])),
    routes: new Map(routes.map(({ route_config: routeConfig }) => [routeConfig.name, routeConfig])),
    endpoints: new Map(endpoints.map(({ endpoint_config: assignment }) => [assignment.cluster_name, assignment])),
  };
}

/** @throws DumpError */
export function parse<S extends z.ZodType>(shape: S, value: unknown, what: string): z.output<S> {
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new DumpError(`${what} is not as Envoy writes it: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`);
}

/** The configuration of an extension, when it is of that type. */
export function readExtension<S extends z.ZodType>(
  message: AnyMessage | undefined,
  type: string,
  shape: S,
): z.output<S> | undefined {
  return message !== undefined && typeOf(message) === type ? parse(shape, message, type) : undefined;
}
