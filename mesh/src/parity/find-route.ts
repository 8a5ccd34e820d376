// The route and the cluster that a call of the application takes through its sidecar.
import type { ProxyCluster } from "./cluster-shapes.ts";
import {
  connectionManagerShape,
  connectionManagerType,
  type FilterChain,
  type ProxyListener,
} from "./listener-shapes.ts";
import { type GrpcRequest, routeFor } from "./match-route.ts";
import type { AnyMessage } from "./proto-shapes.ts";
import { type ProxyDump, readExtension } from "./read-dump.ts";
import type { ProxyRoute, VirtualHost } from "./route-shapes.ts";

export interface Callee {
  readonly workload: string;
  /** `inventory.shop.svc.cluster.local` */
  readonly host: string;
  readonly port: number;
}

export interface FoundRoute {
  readonly listener: ProxyListener;
  readonly virtualHost: VirtualHost;
  readonly route: ProxyRoute;
  readonly cluster: ProxyCluster;
  /** The fault filter's own configuration, which holds where a route has none. */
  readonly faultFilter: AnyMessage | undefined;
}

/**
 * A cluster belongs to the callee when it has the workload's name, as those that this tool renders, or is
 * `outbound|<port>|<subset>|<host>`, as istiod names them.
 */
export function findRoute(dump: ProxyDump, callee: Callee, path: string): FoundRoute | undefined {
  const request: GrpcRequest = { path, authority: callee.host };
  const found = outboundHosts(dump).flatMap(({ listener, virtualHost, faultFilter }) => {
    const route = routeFor(virtualHost, request);
    const cluster = dump.clusters.get(route?.route?.cluster ?? "");
    if (route === undefined || cluster === undefined || !isOf(callee, cluster.name)) return [];
    return [{ listener, virtualHost, route, cluster, faultFilter }];
  });
  // A virtual host that names the callee is chosen before one for every name.
  return found.find(({ virtualHost }) => virtualHost.domains.some((domain) => names(callee, domain))) ?? found[0];
}

function isOf({ workload, host, port }: Callee, cluster: string): boolean {
  const [direction, clusterPort, , clusterHost] = cluster.split("|");
  return cluster === workload || (direction === "outbound" && clusterHost === host && Number(clusterPort) === port);
}

const names = ({ host, port }: Callee, domain: string): boolean => domain === host || domain === `${host}:${port}`;

interface OutboundHost {
  readonly listener: ProxyListener;
  readonly virtualHost: VirtualHost;
  readonly faultFilter: AnyMessage | undefined;
}

function outboundHosts(dump: ProxyDump): OutboundHost[] {
  return dump.listeners
    .filter(({ traffic_direction: direction }) => direction !== "INBOUND")
    .flatMap((listener) =>
      chainsOf(listener).flatMap((chain) => {
        const manager = connectionManagerOf(chain);
        const routes = manager?.route_config ?? dump.routes.get(manager?.rds?.route_config_name ?? "");
        const faultFilter = manager?.http_filters.find(({ name }) => name === "envoy.filters.http.fault")?.typed_config;
        return (routes?.virtual_hosts ?? []).map((virtualHost) => ({ listener, virtualHost, faultFilter }));
      }),
    );
}

export const chainsOf = ({ filter_chains: chains, default_filter_chain: last }: ProxyListener): FilterChain[] =>
  last === undefined ? chains : [...chains, last];

export function connectionManagerOf({ filters }: FilterChain) {
  for (const { typed_config: config } of filters) {
    const manager = readExtension(config, connectionManagerType, connectionManagerShape);
    if (manager !== undefined) return manager;
  }
  return undefined;
}
