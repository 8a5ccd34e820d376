// Who may call what: everything that no rule allows is denied.
import type { Policy } from "../../../gen/envoy/envoy/config/rbac/v3/rbac.ts";
import type { HttpFilter } from "../../../gen/envoy/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.ts";
import { type Mesh, spiffeId } from "../../model/mesh.ts";
import { allowedCalls } from "../../model/resolve-effective.ts";

/**
 * The same meaning as Istio's ALLOW policies: one rule per caller, by SPIFFE identity and exact path. A call that is
 * denied ends with PERMISSION_DENIED, "RBAC: access denied".
 * @param services full names of the gRPC services that the workload serves
 */
export function rbac(mesh: Mesh, services: readonly string[]): HttpFilter {
  return {
    name: "envoy.filters.http.rbac",
    typed_config: {
      "@type": "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC",
      rules: { action: "ALLOW", policies: policiesByCaller(mesh, services) },
    },
  };
}

function policiesByCaller(mesh: Mesh, services: readonly string[]): Record<string, Policy> {
  const calls = allowedCalls(mesh).filter(({ service }) => services.includes(service));
  const callers = [...new Set(calls.map(({ caller }) => caller))].sort();
  const pathsOf = (caller: string): string[] =>
    calls.filter((call) => call.caller === caller).map(({ service, method }) => `/${service}/${method}`);
  return Object.fromEntries(
    callers.map((caller) => [
      caller,
      {
        permissions: pathsOf(caller).map((path) => ({ url_path: { path: { exact: path } } })),
        principals: [{ authenticated: { principal_name: { exact: spiffeId(mesh, caller) } } }],
      },
    ]),
  );
}
