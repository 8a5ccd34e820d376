// Mutual TLS between sidecars, by SPIFFE identities.
import type { TransportSocket } from "../../../gen/envoy/envoy/config/core/v3/base.ts";
import type { CommonTlsContext } from "../../../gen/envoy/envoy/extensions/transport_sockets/tls/v3/tls.ts";
import type { StringMatcher } from "../../../gen/envoy/envoy/type/matcher/v3/string.ts";
import { hostOf, type Mesh, spiffeId } from "../../model/mesh.ts";
import type { EnvoyCredentials } from "./placement.ts";

const name = "envoy.transport_sockets.tls";

/** Asks for a certificate of the mesh's authority, of whichever workload; who may call what is for RBAC to say. */
export function downstreamTls(mesh: Mesh, credentials: EnvoyCredentials): TransportSocket {
  return {
    name,
    typed_config: {
      "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
      require_client_certificate: true,
      common_tls_context: commonTls(credentials, { prefix: `spiffe://${mesh.settings.value.trustDomain}/` }),
    },
  };
}

/** Accepts exactly the workload that is called. */
export function upstreamTls(mesh: Mesh, workload: string, credentials: EnvoyCredentials): TransportSocket {
  return {
    name,
    typed_config: {
      "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
      sni: hostOf(mesh, workload),
      common_tls_context: commonTls(credentials, { exact: spiffeId(mesh, workload) }),
    },
  };
}

function commonTls(credentials: EnvoyCredentials, identity: StringMatcher): CommonTlsContext {
  const { certificateFile, privateKeyFile, authorityFile } = credentials;
  return {
    // Both: a context with a minimum of 1.3 and no maximum fails every call, for Envoy's own maximum as a client is 1.2.
    tls_params: { tls_minimum_protocol_version: "TLSv1_3", tls_maximum_protocol_version: "TLSv1_3" },
    alpn_protocols: ["h2"],
    tls_certificates: [{ certificate_chain: { filename: certificateFile }, private_key: { filename: privateKeyFile } }],
    validation_context: {
      trusted_ca: { filename: authorityFile },
      match_typed_subject_alt_names: [{ san_type: "URI", matcher: identity }],
    },
  };
}
