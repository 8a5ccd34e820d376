// The routes to one workload: one per method, each with its own timeout, retries and faults.
import type { RouteConfiguration } from "../../../gen/envoy/envoy/config/route/v3/route.ts";
import type { RetryPolicy, Route } from "../../../gen/envoy/envoy/config/route/v3/route_components.ts";
import { type EffectiveValues, valuesOf } from "../../model/effective.ts";
import type { Mesh } from "../../model/mesh.ts";
import { resolveEffective } from "../../model/resolve-effective.ts";
import { faultFilter, faultOfRoute } from "./fault.ts";
import { protoDuration, protoTimeout } from "./proto-values.ts";

/** As istiod sets it: how often a host is chosen anew when a retry would go to one that was tried already. */
const hostSelectionAttempts = 5;

/** @param services full names of the gRPC services of the workload */
export function routesTo(
  mesh: Mesh,
  caller: string,
  workload: string,
  services: readonly string[],
): RouteConfiguration {
  const valuesFor = (service: string, method: string): EffectiveValues =>
    valuesOf(resolveEffective(mesh, caller, service, method).effective);
  const methods = services.flatMap((service) => mesh.catalog.get(service)?.methods ?? []);
  const routes = methods.map(({ service, name, path }) =>
    routeOf(`${service}/${name}`, { path }, workload, valuesFor(service, name)),
  );
  // Methods that the protos do not know have what the policies say of all, as in the rendering for Istio.
  const others = services.map((service) => ({ prefix: `/${service}/`, values: valuesFor(service, "") }));
  const defaults = others.map(({ prefix, values }) => routeOf(`${prefix.slice(1)}*`, { prefix }, workload, values));
  return {
    name: `outbound_${workload}`,
    virtual_hosts: [
      {
        name: workload,
        domains: ["*"],
        include_request_attempt_count: true,
        routes: [...routes, ...defaults],
      },
    ],
    validate_clusters: true,
  };
}

function routeOf(name: string, match: NonNullable<Route["match"]>, cluster: string, values: EffectiveValues): Route {
  const retryPolicy = retryPolicyOf(values);
  return {
    name,
    match,
    route: {
      cluster,
      timeout: protoTimeout(values.timeoutMs),
      // Without it Envoy ignores the deadline that a client sends. Deprecated, and still what istiod sets: a deadline
      // shortens the timeout, and the timeout is the longest that a deadline may be.
      max_grpc_timeout: protoTimeout(values.timeoutMs),
      ...(retryPolicy && { retry_policy: retryPolicy }),
    },
    ...(values.fault && { typed_per_filter_config: { [faultFilter.name ?? ""]: faultOfRoute(values.fault) } }),
  };
}

function retryPolicyOf(values: EffectiveValues): RetryPolicy | undefined {
  if (values.retryAttempts === 0 || values.retryOn.length === 0) return undefined;
  return {
    retry_on: values.retryOn.join(","),
    num_retries: values.retryAttempts,
    ...(values.retryPerTryMs !== null && { per_try_timeout: protoDuration(values.retryPerTryMs) }),
    retry_back_off: {
      base_interval: protoDuration(values.retryBackoffBaseMs),
      max_interval: protoDuration(values.retryBackoffMaxMs),
    },
    retry_host_predicate: [
      {
        name: "envoy.retry_host_predicates.previous_hosts",
        typed_config: {
          "@type": "type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate",
        },
      },
    ],
    host_selection_retry_max_attempts: hostSelectionAttempts,
  };
}
