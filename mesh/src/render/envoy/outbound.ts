// The way to one workload that is called: a plaintext port for the application, and a cluster behind it.
import { isDeepStrictEqual } from "node:util";
import type { Cluster } from "../../../gen/envoy/envoy/config/cluster/v3/cluster.ts";
import type { Listener } from "../../../gen/envoy/envoy/config/listener/v3/listener.ts";
import { type EffectiveField, type EffectiveValues, valuesOf } from "../../model/effective.ts";
import type { Mesh } from "../../model/mesh.ts";
import { resolveEffective } from "../../model/resolve-effective.ts";
import { servicesOf } from "../../model/services-of.ts";
import { workloadCluster } from "./cluster.ts";
import { faultFilter } from "./fault.ts";
import { connectionManager, grpcStats } from "./http-filters.ts";
import { type EnvoyOutbound, type EnvoyPlacement, EnvoyRenderError } from "./placement.ts";
import { socketAddress } from "./proto-values.ts";
import { routesTo } from "./routes.ts";
import { upstreamTls } from "./tls.ts";

export interface OutboundCall {
  readonly workload: string;
  readonly called: string;
  readonly where: EnvoyOutbound;
  readonly placement: EnvoyPlacement;
}

export function outboundOf(
  mesh: Mesh,
  { workload, called, where, placement }: OutboundCall,
): { readonly listener: Listener; readonly cluster: Cluster } {
  const services = servicesOf(mesh, called);
  const values = hostValuesOf(mesh, workload, called, services);
  const name = `outbound_${called}`;
  const routes = routesTo(mesh, workload, called, services);
  const faults = routes.virtual_hosts?.some((host) => host.routes?.some((route) => route.typed_per_filter_config));
  return {
    listener: {
      name,
      stat_prefix: name,
      traffic_direction: "OUTBOUND",
      // Else a second proxy given the port by mistake would silently share it.
      enable_reuse_port: false,
      address: socketAddress(where.listenAddress, where.listenPort),
      filter_chains: [
        {
          filters: [
            // The statistics first, so that they count injected errors as the client sees them.
            connectionManager({ statPrefix: name, filters: [grpcStats, ...(faults ? [faultFilter] : [])], routes }),
          ],
        },
      ],
    },
    cluster: workloadCluster({
      name: called,
      values,
      endpoints: where.endpoints,
      zone: placement.zone,
      transportSocket: upstreamTls(mesh, called, placement.credentials),
    }),
  };
}

/** What holds for all methods of a workload, which it can have only once. */
function hostValuesOf(mesh: Mesh, caller: string, called: string, services: readonly string[]): EffectiveValues {
  const [first, ...others] = services.map((service) => ({
    service,
    // A method that the policies do not name has what the service says of all.
    values: valuesOf(resolveEffective(mesh, caller, service, "").effective),
  }));
  if (first === undefined) throw new EnvoyRenderError(`${called} serves nothing, so ${caller} cannot call it`);
  for (const other of others) {
    if (!isDeepStrictEqual(hostPart(other.values), hostPart(first.values))) {
      const pair = `${first.service} and ${other.service}`;
      throw new EnvoyRenderError(
        `${pair} are both served by ${called}, so connections, breaker, ejection and load balancing must be the same`,
      );
    }
  }
  if (!Number.isInteger(first.values.ejectMaxPercent)) {
    throw new EnvoyRenderError(
      `ejection.max of ${called} is ${first.values.ejectMaxPercent}%; Envoy takes whole percentages`,
    );
  }
  return first.values;
}

const perMethod: ReadonlySet<string> = new Set<EffectiveField>([
  "allowed",
  "timeoutMs",
  "retryAttempts",
  "retryPerTryMs",
  "retryOn",
  "retryBackoffBaseMs",
  "retryBackoffMaxMs",
  "fault",
]);

const hostPart = (values: EffectiveValues): Partial<EffectiveValues> =>
  Object.fromEntries(Object.entries(values).filter(([field]) => !perMethod.has(field)));
