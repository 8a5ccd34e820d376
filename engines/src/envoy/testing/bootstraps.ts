import type { CredentialFiles } from "../credentials.ts";

const TYPE = "type.googleapis.com/envoy.extensions";

export interface HttpListener {
  readonly port: number;
  /** Answers by itself with this text… */
  readonly answer?: string;
  /** …or hands over to the cluster. */
  readonly cluster?: string;
  readonly transport_socket?: object;
}

/** A listener on 127.0.0.1 that speaks HTTP/1.1 and HTTP/2, with statistics under `http.in`. */
export function httpListener({ port, answer, cluster, transport_socket }: HttpListener): object {
  const route =
    cluster === undefined
      ? { direct_response: { status: 200, body: { inline_string: answer } } }
      : { route: { cluster } };
  const connectionManager = {
    "@type": `${TYPE}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: "in",
    route_config: { virtual_hosts: [{ name: "all", domains: ["*"], routes: [{ match: { prefix: "/" }, ...route }] }] },
    http_filters: [
      { name: "envoy.filters.http.router", typed_config: { "@type": `${TYPE}.filters.http.router.v3.Router` } },
    ],
  };
  const filters = [{ name: "envoy.filters.network.http_connection_manager", typed_config: connectionManager }];
  return {
    name: `in-${port}`,
    // Else two Envoys that are given one port share its connections, and neither says so.
    enable_reuse_port: false,
    ...listenOn(port),
    filter_chains: [{ filters, ...(transport_socket && { transport_socket }) }],
  };
}

/** A cluster of ports on 127.0.0.1. */
export function cluster(name: string, ports: readonly number[], more: object = {}): object {
  const lb_endpoints = ports.map((port) => ({ endpoint: listenOn(port) }));
  return {
    name,
    connect_timeout: "1s",
    load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints }] },
    ...more,
  };
}

export function bootstrap(listeners: readonly object[], clusters: readonly object[] = []): object {
  return { static_resources: { listeners, clusters } };
}

/** Mutual TLS 1.3 with whoever the authority vouches for. */
export function mutualTls(side: "Upstream" | "Downstream", files: CredentialFiles): object {
  const tls = {
    tls_params: { tls_minimum_protocol_version: "TLSv1_3", tls_maximum_protocol_version: "TLSv1_3" },
    tls_certificates: [
      { certificate_chain: { filename: files.certificateFile }, private_key: { filename: files.privateKeyFile } },
    ],
    validation_context: {
      trusted_ca: { filename: files.caFile },
      match_typed_subject_alt_names: [{ san_type: "URI", matcher: { prefix: "spiffe://cluster.local/" } }],
    },
  };
  return {
    name: "envoy.transport_sockets.tls",
    typed_config: {
      "@type": `${TYPE}.transport_sockets.tls.v3.${side}TlsContext`,
      common_tls_context: tls,
      ...(side === "Downstream" && { require_client_certificate: true }),
    },
  };
}

function listenOn(port: number): object {
  return { address: { socket_address: { address: "127.0.0.1", port_value: port } } };
}
