// Which kinds of resources are read, and what becomes of those that are not.
import type { Losses } from "./loss.ts";
import type { Resource } from "./resources.ts";

const istioGroup = /^(networking|security|telemetry|extensions)\.istio\.io\//;

/** Kinds that are read. */
export const readKinds = [
  "VirtualService",
  "DestinationRule",
  "AuthorizationPolicy",
  "PeerAuthentication",
  "RequestAuthentication",
  "Gateway",
  "ServiceEntry",
  "Sidecar",
] as const;
export type ReadKind = (typeof readKinds)[number];

const unread: Readonly<Record<string, string>> = {
  EnvoyFilter: "what it changes in the proxies is not represented",
  WasmPlugin: "what it does in the proxies is not represented",
  TrafficExtension: "what it does in the proxies is not represented",
  ProxyConfig: "settings of the proxies themselves are not represented",
  WorkloadEntry: "workloads outside Kubernetes are not represented",
  WorkloadGroup: "workloads outside Kubernetes are not represented",
};

/** The resources of Istio that are read, by kind; Kubernetes' own kinds are left to others. */
export function istioByKind(resources: readonly Resource[], losses: Losses): Readonly<Record<ReadKind, Resource[]>> {
  const found = Object.fromEntries(readKinds.map((kind) => [kind, [] as Resource[]])) as Record<ReadKind, Resource[]>;
  for (const resource of resources) {
    const { apiVersion, kind } = resource;
    if (/^gateway\.networking\.(x-)?k8s\.io\//.test(apiVersion)) {
      losses.whole(resource, "resources of the Gateway API are not read");
    } else if (istioGroup.test(apiVersion)) {
      if (isRead(kind)) found[kind].push(resource);
      else if (kind === "Telemetry") losses.note(`Telemetry ${resource.name} changes no call, and is left out`);
      else losses.whole(resource, unread[kind] ?? "it is not read");
    }
  }
  return found;
}

const isRead = (kind: string): kind is ReadKind => (readKinds as readonly string[]).includes(kind);
