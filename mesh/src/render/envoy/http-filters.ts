// The parts of an HTTP listener that both directions share.
import type { Filter } from "../../../gen/envoy/envoy/config/listener/v3/listener_components.ts";
import type { RouteConfiguration } from "../../../gen/envoy/envoy/config/route/v3/route.ts";
import type {
  HttpConnectionManager,
  HttpFilter,
} from "../../../gen/envoy/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.ts";
import { protoDuration } from "./proto-values.ts";

/** How long a connection that is being drained still takes new calls: its client is one hop away. */
const drainMs = 1_000;

export interface ConnectionManager {
  /** Begins the names of its statistics: `http.<statPrefix>.…`. */
  readonly statPrefix: string;
  readonly routes: RouteConfiguration;
  /** Before the router, in this order. */
  readonly filters: readonly HttpFilter[];
  readonly more?: HttpConnectionManager;
}

export function connectionManager({ statPrefix, routes, filters, more }: ConnectionManager): Filter {
  return {
    name: "envoy.filters.network.http_connection_manager",
    typed_config: {
      "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
      stat_prefix: statPrefix,
      codec_type: "AUTO",
      route_config: routes,
      http_filters: [...filters, router],
      // A stream that waits for events may be silent for longer than Envoy's 5 minutes.
      stream_idle_timeout: protoDuration(0),
      drain_timeout: protoDuration(drainMs),
      // A path that is written in another way must not slip past a rule about it.
      normalize_path: true,
      ...more,
    },
  };
}

/** gRPC errors are HTTP 200, and only this filter counts them, per method. */
export const grpcStats: HttpFilter = {
  name: "envoy.filters.http.grpc_stats",
  typed_config: {
    "@type": "type.googleapis.com/envoy.extensions.filters.http.grpc_stats.v3.FilterConfig",
    stats_for_all_methods: true,
    enable_upstream_stats: true,
  },
};

const router: HttpFilter = {
  name: "envoy.filters.http.router",
  typed_config: { "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router" },
};
