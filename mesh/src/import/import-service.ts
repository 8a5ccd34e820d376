// One service with what its workload's routes and rules do to each of its methods.
import type { Method } from "../model/catalog.ts";
import type { Losses } from "./loss.ts";
import type { ImportedService } from "./policy-text.ts";
import { titleOf } from "./resources.ts";
import type { RouteSettings } from "./route-settings.ts";
import type { HostRoutes, ImportedRoute } from "./routes.ts";
import type { HostRule } from "./thresholds.ts";
import { grpcPort, type Port, type Workload } from "./workloads.ts";

/** The first route that takes a method's path decides; where there are no routes, Istio's defaults. */
export function importService(
  service: string,
  workload: Workload,
  methods: readonly Method[],
  host: HostRoutes | undefined,
  rule: HostRule | undefined,
  losses: Losses,
): ImportedService {
  const none: RouteSettings = { timeoutMs: null, retries: undefined, fault: null };
  const settingsOf = (path: string): RouteSettings | undefined =>
    host === undefined ? none : host.routes.find((route) => route.matches(path))?.settings;
  const fallback = settingsOf(`/${service}/`);
  const imported = methods.map((method) => {
    const settings = settingsOf(method.path);
    if (settings === undefined && host !== undefined) {
      losses.whole(host.resource, `no route takes ${method.path}: Istio answers 404, here it is called`);
    }
    return { method, settings: settings ?? none };
  });
  nameUnknownPaths(service, methods, host, losses);
  const from = [host?.resource, rule?.resource].flatMap((resource) =>
    resource === undefined ? [] : [`${titleOf(resource)} (${resource.place.file}:${resource.place.line})`],
  );
  return {
    service,
    workload,
    port: portOf(workload, losses),
    methods: imported,
    fallback,
    host: rule?.settings ?? {},
    from,
  };
}

function nameUnknownPaths(
  service: string,
  methods: readonly Method[],
  host: HostRoutes | undefined,
  losses: Losses,
): void {
  const routes: readonly ImportedRoute[] = host?.routes ?? [];
  for (const { path, part } of routes.flatMap(({ paths }) => paths)) {
    const known = methods.some((method) => method.path.startsWith(path));
    if (!known && path.startsWith(`/${service}/`) && host !== undefined) {
      losses.part(host.resource, part, `the protos have no method ${path}`);
    }
  }
}

function portOf(workload: Workload, losses: Losses): Port {
  const port = grpcPort(workload);
  if (port !== undefined) return port;
  const why =
    workload.ports.length === 0 ? "its Service was not given" : "none of its Service's ports says that it is gRPC";
  losses.missing(`Service ${workload.name}`, `its port is not known, 80 is written: ${why}`);
  return { number: 80, name: "grpc", appProtocol: undefined, targetPort: undefined };
}
