// Istio's resources, as far as this tool writes them. Field names and enums as in istio.io/api (networking/v1alpha3,
// security/v1beta1, telemetry/v1alpha1), which serves them as the versions below.
import type { Mesh } from "../../model/mesh.ts";

interface Resource<Version extends string, Kind extends string, Spec> {
  readonly apiVersion: Version;
  readonly kind: Kind;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
  };
  readonly spec: Spec;
}

type Networking<Kind extends string, Spec> = Resource<"networking.istio.io/v1", Kind, Spec>;
type Security<Kind extends string, Spec> = Resource<"security.istio.io/v1", Kind, Spec>;

/** A duration as Go writes it: `250ms`, `1.5s`. */
export type GoDuration = string;

export interface Selector {
  readonly matchLabels: Readonly<Record<string, string>>;
}

export interface HttpRoute {
  readonly name: string;
  readonly match?: readonly { readonly uri: { readonly exact: string } | { readonly prefix: string } }[];
  readonly route: readonly {
    readonly destination: { readonly host: string; readonly port?: { readonly number: number } };
  }[];
  readonly timeout?: GoDuration;
  readonly retries: {
    readonly attempts: number;
    readonly perTryTimeout?: GoDuration;
    readonly retryOn?: string;
    readonly backoff?: GoDuration;
  };
  readonly fault?: {
    readonly abort?: { readonly grpcStatus: string; readonly percentage: { readonly value: number } };
    readonly delay?: { readonly fixedDelay: GoDuration; readonly percentage: { readonly value: number } };
  };
}

export type VirtualService = Networking<
  "VirtualService",
  { readonly hosts: readonly string[]; readonly gateways?: readonly string[]; readonly http: readonly HttpRoute[] }
>;

export type DestinationRule = Networking<
  "DestinationRule",
  {
    readonly host: string;
    readonly trafficPolicy: {
      readonly connectionPool: {
        readonly tcp: { readonly connectTimeout: GoDuration; readonly maxConnections?: number };
        readonly http: {
          readonly http1MaxPendingRequests?: number;
          readonly http2MaxRequests?: number;
          readonly maxRetries?: number;
        };
      };
      readonly retryBudget?: { readonly percent: number; readonly minRetryConcurrency: number };
      readonly outlierDetection: {
        readonly consecutiveGatewayErrors: number;
        readonly consecutive5xxErrors: number;
        readonly interval: GoDuration;
        readonly baseEjectionTime: GoDuration;
        readonly maxEjectionPercent: number;
        readonly minHealthPercent: number;
      };
      readonly loadBalancer: { readonly simple: string; readonly localityLbSetting: { readonly enabled: boolean } };
      readonly tls: { readonly mode: "ISTIO_MUTUAL" };
    };
  }
>;

export type PeerAuthentication = Security<"PeerAuthentication", { readonly mtls: { readonly mode: "STRICT" } }>;

export interface AuthorizationRule {
  readonly from: readonly {
    readonly source: { readonly principals: readonly string[]; readonly requestPrincipals?: readonly string[] };
  }[];
  readonly to?: readonly { readonly operation: { readonly paths: readonly string[] } }[];
}

export type AuthorizationPolicy = Security<
  "AuthorizationPolicy",
  | Readonly<Record<string, never>>
  | { readonly selector: Selector; readonly action: "ALLOW"; readonly rules: readonly AuthorizationRule[] }
>;

export type RequestAuthentication = Security<
  "RequestAuthentication",
  {
    readonly selector: Selector;
    readonly jwtRules: readonly {
      readonly issuer: string;
      readonly jwksUri: string;
      readonly audiences: readonly string[];
      readonly forwardOriginalToken: boolean;
    }[];
  }
>;

export type Gateway = Networking<
  "Gateway",
  {
    readonly selector: Readonly<Record<string, string>>;
    readonly servers: readonly {
      readonly port: { readonly number: number; readonly name: string; readonly protocol: "HTTPS" };
      readonly hosts: readonly string[];
      readonly tls: {
        readonly mode: "SIMPLE";
        readonly credentialName: string;
        readonly minProtocolVersion: "TLSV1_2";
      };
    }[];
  }
>;

interface Listener {
  readonly port: { readonly number: number; readonly protocol: string; readonly name: string };
  readonly bind: string;
  readonly captureMode: "NONE";
}

export type Sidecar = Networking<
  "Sidecar",
  {
    readonly workloadSelector: { readonly labels: Readonly<Record<string, string>> };
    readonly ingress?: readonly (Listener & { readonly defaultEndpoint: string })[];
    readonly egress: readonly ({ readonly hosts: readonly string[] } & Partial<Listener>)[];
    readonly outboundTrafficPolicy?: { readonly mode: "REGISTRY_ONLY" };
  }
>;

export type ServiceEntry = Networking<
  "ServiceEntry",
  {
    readonly hosts: readonly string[];
    readonly exportTo?: readonly string[];
    readonly location: "MESH_EXTERNAL" | "MESH_INTERNAL";
    readonly resolution: "DNS" | "STATIC";
    readonly ports: readonly { readonly number: number; readonly name: string; readonly protocol: string }[];
    readonly addresses?: readonly string[];
    readonly endpoints?: readonly {
      readonly address: string;
      readonly ports: Readonly<Record<string, number>>;
      readonly labels: Readonly<Record<string, string>>;
      readonly serviceAccount: string;
      readonly locality?: string;
    }[];
    readonly subjectAltNames?: readonly string[];
  }
>;

export type Telemetry = Resource<
  "telemetry.istio.io/v1",
  "Telemetry",
  {
    readonly accessLogging: readonly {
      readonly providers: readonly { readonly name: string }[];
      readonly filter: { readonly expression: string };
    }[];
  }
>;

export type IstioResource =
  | VirtualService
  | DestinationRule
  | PeerAuthentication
  | AuthorizationPolicy
  | RequestAuthentication
  | Gateway
  | Sidecar
  | ServiceEntry
  | Telemetry;

/** The label makes what is no longer rendered easy to find: `kubectl apply --prune -l app.kubernetes.io/managed-by=mesh`. */
export const managedBy = { "app.kubernetes.io/managed-by": "mesh" } as const;

export function metadata(mesh: Mesh, name: string): IstioResource["metadata"] {
  return { name, namespace: mesh.settings.value.namespace, labels: managedBy };
}

/** The label by which policies find a workload's pods: Istio's own convention. */
export const appLabel = (workload: string): Readonly<Record<string, string>> => ({ app: workload });
