// How a sidecar and the one that it talks to know each other.
import { z } from "zod";
import type { ProxyCluster, TransportSocket } from "./cluster-shapes.ts";
import { endpointsOf } from "./cluster-values.ts";
import type { FilterChain } from "./listener-shapes.ts";
import type { ProxyValues } from "./proxy-values.ts";
import { type ProxyDump, readExtension } from "./read-dump.ts";
import { describeMatcher, stringMatcherShape } from "./string-matcher.ts";

const validationShape = z.object({
  match_typed_subject_alt_names: z.array(z.object({ matcher: stringMatcherShape })).default([]),
  match_subject_alt_names: z.array(stringMatcherShape).default([]),
});
const contextShape = z.object({
  require_client_certificate: z.boolean().default(false),
  common_tls_context: z
    .object({
      tls_certificates: z.array(z.unknown()).default([]),
      tls_certificate_sds_secret_configs: z.array(z.unknown()).default([]),
      validation_context: validationShape.optional(),
      combined_validation_context: z.object({ default_validation_context: validationShape.optional() }).optional(),
    })
    .optional(),
});
type TlsContext = z.infer<typeof contextShape>;

const tls = "envoy.extensions.transport_sockets.tls.v3";
/** Envoy looks there for what chooses among the transport sockets of a cluster. */
const matchMetadata = "envoy.transport_socket_match";

/** strict: every endpoint is reached with a certificate of the caller's own. */
export function tlsOfCluster(dump: ProxyDump, cluster: ProxyCluster): Pick<ProxyValues, "mtls" | "calleeIdentities"> {
  const contexts = socketsOf(dump, cluster).map((socket) =>
    readExtension(socket?.typed_config, `${tls}.UpstreamTlsContext`, contextShape),
  );
  const identities = contexts.flatMap((context) => (context === undefined ? [] : identitiesIn(context)));
  return {
    mtls: strictness(contexts.map((context) => context !== undefined && hasCertificate(context))),
    calleeIdentities: [...new Set(identities)].sort(),
  };
}

/** strict: no chain takes a call without a certificate. */
export function tlsOfChains(chains: readonly FilterChain[]): ProxyValues["mtls"] {
  return strictness(
    chains.map(({ transport_socket: socket }) => {
      const context = readExtension(socket?.typed_config, `${tls}.DownstreamTlsContext`, contextShape);
      return context?.require_client_certificate === true;
    }),
  );
}

function strictness(mutual: readonly boolean[]): ProxyValues["mtls"] {
  if (!mutual.includes(true)) return "off";
  return mutual.includes(false) ? "permissive" : "strict";
}

/** The transport socket of each endpoint; without endpoints, the one that the first would have. */
function socketsOf(dump: ProxyDump, cluster: ProxyCluster): (TransportSocket | undefined)[] {
  const endpoints = endpointsOf(dump, cluster)?.endpoints.flatMap(({ lb_endpoints: hosts }) => hosts) ?? [];
  const { transport_socket_matches: matches, transport_socket: own } = cluster;
  if (matches.length === 0) return [own];
  if (endpoints.length === 0) return [matches[0]?.transport_socket];
  return endpoints.map(({ metadata }) => {
    const labels = metadata?.filter_metadata[matchMetadata] ?? {};
    const match = matches.find((one) => Object.entries(one.match).every(([key, value]) => labels[key] === value));
    return match?.transport_socket ?? own;
  });
}

const hasCertificate = ({ common_tls_context: context }: TlsContext): boolean =>
  (context?.tls_certificates.length ?? 0) + (context?.tls_certificate_sds_secret_configs.length ?? 0) > 0;

function identitiesIn({ common_tls_context: context }: TlsContext): string[] {
  const validation = context?.validation_context ?? context?.combined_validation_context?.default_validation_context;
  const typed = validation?.match_typed_subject_alt_names.map(({ matcher }) => matcher) ?? [];
  return [...typed, ...(validation?.match_subject_alt_names ?? [])].map(describeMatcher);
}
