// The routes of VirtualServices, as they decide what holds for a method: the first one that its path matches.
import { workloadOfHost } from "./hosts.ts";
import type { Losses } from "./loss.ts";
import type { Part } from "./part.ts";
import type { Resource } from "./resources.ts";
import { type RouteSettings, settingsOf } from "./route-settings.ts";

export interface ImportedRoute {
  readonly matches: (path: string) => boolean;
  /** Paths that it names exactly or by their beginning: they tell which service the host serves. */
  readonly paths: readonly { readonly path: string; readonly part: Part }[];
  readonly settings: RouteSettings;
}

export interface HostRoutes {
  readonly resource: Resource;
  readonly routes: readonly ImportedRoute[];
}

/** By workload. VirtualServices of gateways are left to the edge. */
export function routesFrom(resources: readonly Resource[], namespace: string, losses: Losses): Map<string, HostRoutes> {
  const found = new Map<string, HostRoutes>();
  for (const resource of resources) {
    const gateways = resource.spec.texts("gateways");
    if (gateways.length > 0 && !gateways.includes("mesh")) continue;
    for (const gateway of gateways.filter((name) => name !== "mesh")) {
      losses.part(resource, resource.spec.peek("gateways"), `calls through ${gateway} do not take these routes`);
    }
    const workloads = resource.spec.texts("hosts").flatMap((host) => {
      const workload = workloadOfHost(host, resource.namespace ?? namespace, namespace);
      if (workload === undefined)
        losses.part(resource, resource.spec.peek("hosts"), `no workload of ${namespace} is called ${host}`);
      return workload ?? [];
    });
    const routes = resource.spec
      .list("http")
      .flatMap((route) => routeOf(resource, route, workloads, namespace, losses));
    ignoreWide(resource.spec);
    losses.unread(resource, resource.spec);
    for (const workload of workloads) {
      if (found.has(workload))
        losses.whole(resource, `${workload} has routes already, and Istio takes one VirtualService per host`);
      else found.set(workload, { resource, routes });
    }
  }
  return found;
}

/** Marks as read: seen by all, which is the default, or by the own namespace, which is all there is here. */
export function ignoreWide(spec: Part): void {
  if (Array.isArray(spec.peek("exportTo").value) && spec.texts("exportTo").every((to) => to === "*" || to === ".")) {
    spec.ignore("exportTo");
  }
}

function routeOf(
  resource: Resource,
  route: Part,
  workloads: readonly string[],
  namespace: string,
  losses: Losses,
): ImportedRoute[] {
  route.ignore("name");
  const settings = settingsOf(resource, route, losses);
  readDestination(resource, route, workloads, namespace, losses);
  if (!route.has("match")) return [{ matches: () => true, paths: [], settings }];
  const matches = route.list("match").flatMap((match) => matchOf(resource, match, losses));
  // Every condition was one that is not represented: the route counts for nothing.
  if (matches.length === 0) return [];
  return [
    {
      matches: (path) => matches.some((one) => one.matches(path)),
      paths: matches.flatMap(({ paths }) => paths),
      settings,
    },
  ];
}

function readDestination(
  resource: Resource,
  route: Part,
  workloads: readonly string[],
  namespace: string,
  losses: Losses,
): void {
  const destinations = route.list("route");
  for (const destination of destinations) {
    const to = destination.map("destination");
    const host = to?.text("host") ?? "";
    const workload = workloadOfHost(host, resource.namespace ?? namespace, namespace);
    if (to !== undefined && (workload === undefined || workloads.some((one) => one !== workload))) {
      losses.part(resource, to.peek("host"), `calls no longer go to ${host}, but to the host that was called`);
    }
    // The port that was called, unless another is named; there is one gRPC port per workload here.
    to?.ignore("port");
    if (destinations.length === 1) destination.ignore("weight");
  }
}

/** Nothing for a match that looks at more than the path. */
function matchOf(resource: Resource, match: Part, losses: Losses): Pick<ImportedRoute, "matches" | "paths">[] {
  match.ignore("name", "statPrefix");
  // Every gRPC call is a POST.
  if (match.map("method")?.text("exact") === "POST") match.ignore("method");
  if (match.texts("gateways").includes("mesh")) match.ignore("gateways");
  const uri = match.map("uri");
  const ignoreCase = match.flag("ignoreUriCase") === true;
  const [exact, prefix, regex] = [uri?.text("exact"), uri?.text("prefix"), uri?.text("regex")];
  const rest = match.unread();
  if (rest.length > 0) {
    for (const part of rest) losses.part(resource, part, "the route no longer depends on it, and is left out");
    match.ignore(...Object.keys(match.value ?? {}));
    return [];
  }
  const fold = (text: string): string => (ignoreCase ? text.toLowerCase() : text);
  const named = uri === undefined ? [] : [exact ?? prefix ?? []].flat().map((path) => ({ path, part: uri }));
  if (exact !== undefined) return [{ matches: (path) => fold(path) === fold(exact), paths: named }];
  if (prefix !== undefined) return [{ matches: (path) => fold(path).startsWith(fold(prefix)), paths: named }];
  if (regex === undefined) return [{ matches: () => true, paths: [] }];
  const pattern = compile(regex);
  if (pattern !== undefined) return [{ matches: (path) => pattern.test(path), paths: [] }];
  losses.part(resource, match.peek("uri"), `"${regex}" is no expression that can be read; the route is left out`);
  return [];
}

/** Envoy matches the whole path. */
function compile(regex: string): RegExp | undefined {
  try {
    return new RegExp(`^(?:${regex})$`);
  } catch {
    return undefined;
  }
}
