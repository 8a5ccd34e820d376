// Who may call: mutual TLS everywhere, nothing allowed in the namespace, and per workload what callers.yaml allows.
import type { Method } from "../../model/catalog.ts";
import { callerOf, type Mesh, spiffeId } from "../../model/mesh.ts";
import {
  type AuthorizationPolicy,
  type AuthorizationRule,
  appLabel,
  metadata,
  type PeerAuthentication,
} from "./resource.ts";
import type { ServedWorkload } from "./served-workloads.ts";

export function strictMutualTls(mesh: Mesh): PeerAuthentication {
  return {
    apiVersion: "security.istio.io/v1",
    kind: "PeerAuthentication",
    metadata: metadata(mesh, "default"),
    spec: { mtls: { mode: "STRICT" } },
  };
}

/** An ALLOW policy without rules matches no request, and where a policy is in force the rest is denied. */
export function denyAll(mesh: Mesh): AuthorizationPolicy {
  return {
    apiVersion: "security.istio.io/v1",
    kind: "AuthorizationPolicy",
    metadata: metadata(mesh, "deny-all"),
    spec: {},
  };
}

/** The identity as AuthorizationPolicies write it: without `spiffe://`. */
export const principalOf = (mesh: Mesh, workload: string): string => spiffeId(mesh, workload).slice("spiffe://".length);

/** @returns undefined for a workload that nobody may call: deny-all is all that it needs */
export function allowCallers(mesh: Mesh, { workload, services }: ServedWorkload): AuthorizationPolicy | undefined {
  const rules = Object.keys(mesh.callers.value.callers).flatMap((caller): AuthorizationRule[] => {
    const paths = services.flatMap(({ service }) => allowedMethods(mesh, caller, service.name)).map(({ path }) => path);
    if (paths.length === 0) return [];
    return [
      {
        from: [{ source: { principals: [principalOf(mesh, caller)] } }],
        to: [{ operation: { paths: paths.sort() } }],
      },
    ];
  });
  if (rules.length === 0) return undefined;
  return {
    apiVersion: "security.istio.io/v1",
    kind: "AuthorizationPolicy",
    metadata: metadata(mesh, `${workload}-callers`),
    spec: { selector: { matchLabels: appLabel(workload) }, action: "ALLOW", rules },
  };
}

// By name, even where callers.yaml says "all": a method that is added to the protos then shows in the rendering.
function allowedMethods(mesh: Mesh, caller: string, service: string): readonly Method[] {
  const allowed = callerOf(mesh, caller)?.calls[service] ?? [];
  const methods = mesh.catalog.get(service)?.methods ?? [];
  return allowed === "all" ? methods : methods.filter(({ name }) => allowed.includes(name));
}
