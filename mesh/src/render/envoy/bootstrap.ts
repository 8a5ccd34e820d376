// The whole configuration of one sidecar, from the policies and from where things are.
import type { Bootstrap } from "../../../gen/envoy/envoy/config/bootstrap/v3/bootstrap.ts";
import type { Cluster } from "../../../gen/envoy/envoy/config/cluster/v3/cluster.ts";
import type { Listener } from "../../../gen/envoy/envoy/config/listener/v3/listener.ts";
import { type Mesh, workloadsOf } from "../../model/mesh.ts";
import { servicesOf } from "../../model/services-of.ts";
import { appCluster } from "./cluster.ts";
import { connectionManager, grpcStats } from "./http-filters.ts";
import { outboundOf } from "./outbound.ts";
import { type EnvoyInbound, type EnvoyPlacement, EnvoyRenderError } from "./placement.ts";
import { protoTimeout, socketAddress } from "./proto-values.ts";
import { rbac } from "./rbac.ts";
import { downstreamTls } from "./tls.ts";

/** No workload can have this name: a Kubernetes name has no underscore. */
const appName = "inbound_app";

/**
 * The bootstrap of the sidecar of one instance of a workload, with the same meaning as the rendering for Istio.
 * Names that statistics are found by: `http.inbound` and `cluster.inbound_app` for calls that come in,
 * `http.outbound_<workload>` and `cluster.<workload>` for calls of a workload.
 * @throws EnvoyRenderError for a workload that the mesh does not know or that serves nothing, and for policies that one
 *   proxy cannot have
 */
export function renderEnvoy(mesh: Mesh, workload: string, placement: EnvoyPlacement): Bootstrap {
  if (!workloadsOf(mesh).includes(workload)) {
    throw new EnvoyRenderError(`there is no workload "${workload}"; there are: ${workloadsOf(mesh).join(", ")}`);
  }
  const { inbound, zone } = placement;
  const outbound = Object.entries(placement.outbound)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([called, where]) => outboundOf(mesh, { workload, called, where, placement }));
  return {
    node: { id: placement.nodeId, cluster: workload, ...(zone !== undefined && { locality: { zone } }) },
    admin: { address: socketAddress("127.0.0.1", placement.adminPort) },
    static_resources: {
      listeners: [
        ...(inbound === undefined ? [] : [inboundListener(mesh, workload, inbound, placement)]),
        ...outbound.map(({ listener }) => listener),
      ],
      clusters: [
        ...(inbound === undefined ? [] : [inboundCluster(inbound)]),
        ...outbound.map(({ cluster }) => cluster),
      ],
    },
    layered_runtime: {
      layers: [
        // The limits that a sidecar has are those of the policies.
        { name: "static", static_layer: { "overload.global_downstream_max_connections": 2 ** 31 - 1 } },
      ],
    },
  };
}

/** The text of a bootstrap file. */
export function bootstrapJson(bootstrap: Bootstrap): string {
  return `${JSON.stringify(bootstrap, undefined, 2)}\n`;
}

function inboundListener(mesh: Mesh, workload: string, inbound: EnvoyInbound, placement: EnvoyPlacement): Listener {
  const services = servicesOf(mesh, workload);
  if (services.length === 0)
    throw new EnvoyRenderError(`${workload} serves nothing, so it cannot have an inbound port`);
  const noTimeout = protoTimeout(null);
  return {
    name: "inbound",
    stat_prefix: "inbound",
    traffic_direction: "INBOUND",
    // Else a second proxy given the port by mistake would silently share it.
    enable_reuse_port: false,
    address: socketAddress(inbound.address, inbound.port),
    filter_chains: [
      {
        transport_socket: downstreamTls(mesh, placement.credentials),
        filters: [
          connectionManager({
            statPrefix: "inbound",
            filters: [rbac(mesh, services), grpcStats],
            routes: {
              name: "inbound",
              virtual_hosts: [
                {
                  name: workload,
                  domains: ["*"],
                  routes: [
                    {
                      name: "app",
                      match: { prefix: "/" },
                      // Timeouts and retries are the caller's: with both, one call would be repeated at two places.
                      // A deadline that comes with a call is kept, as istiod has it.
                      route: {
                        cluster: appName,
                        timeout: noTimeout,
                        max_stream_duration: { max_stream_duration: noTimeout, grpc_timeout_header_max: noTimeout },
                      },
                    },
                  ],
                },
              ],
              validate_clusters: true,
            },
            // What a caller says of its own identity is replaced by what its certificate says.
            more: { forward_client_cert_details: "SANITIZE_SET", set_current_client_cert_details: { uri: true } },
          }),
        ],
      },
    ],
  };
}

const inboundCluster = ({ appAddress, appPort }: EnvoyInbound): Cluster => appCluster(appName, appAddress, appPort);
