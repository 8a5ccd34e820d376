// The routes of VirtualServices, as they decide what holds for a method: the first one that its path matches.
import { type RetryCondition, retryConditions } from "../files/policy-file.ts";
import type { Fault } from "../model/effective.ts";
import { workloadOfHost } from "./hosts.ts";
import type { Losses } from "./loss.ts";
import type { Part } from "./part.ts";
import type { Resource } from "./resources.ts";

export interface ImportedRetries {
  readonly attempts: number;
  readonly perTryMs: number | null;
  /** undefined: those that Istio retries on where nothing is said. */
  readonly on: readonly RetryCondition[] | undefined;
  readonly backoffBaseMs: number | undefined;
}

export interface RouteSettings {
  /** null: none. */
  readonly timeoutMs: number | null;
  /** null: none; undefined: what Istio does where a route says nothing. */
  readonly retries: ImportedRetries | null | undefined;
  readonly fault: Fault | null;
}

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

function settingsOf(resource: Resource, route: Part, losses: Losses): RouteSettings {
  const timeoutMs = route.durationMs("timeout") ?? 0;
  return {
    timeoutMs: timeoutMs === 0 ? null : timeoutMs,
    retries: retriesOf(resource, route.map("retries"), losses),
    fault: faultOf(resource, route.map("fault"), losses),
  };
}

const mostAttempts = 10;

function retriesOf(resource: Resource, retries: Part | undefined, losses: Losses): RouteSettings["retries"] {
  if (retries === undefined) return undefined;
  const attempts = retries.number("attempts") ?? 0;
  if (attempts <= 0) {
    retries.ignore("perTryTimeout", "retryOn", "backoff", "retryRemoteLocalities", "retryIgnorePreviousHosts");
    return null;
  }
  if (attempts > mostAttempts) {
    losses.part(
      resource,
      retries.peek("attempts"),
      `${attempts} retries become ${mostAttempts}, the most that a policy takes`,
    );
  }
  if (retries.peek("retryIgnorePreviousHosts").value === true) retries.ignore("retryIgnorePreviousHosts");
  if (retries.peek("retryRemoteLocalities").value === false) retries.ignore("retryRemoteLocalities");
  const perTryMs = retries.durationMs("perTryTimeout") ?? 0;
  const on = conditionsOf(resource, retries, losses);
  const backoffBaseMs = retries.durationMs("backoff");
  if (on?.length === 0) return null;
  return {
    attempts: Math.min(attempts, mostAttempts),
    perTryMs: perTryMs === 0 ? null : perTryMs,
    on,
    backoffBaseMs,
  };
}

function conditionsOf(resource: Resource, retries: Part, losses: Losses): readonly RetryCondition[] | undefined {
  const words = (retries.text("retryOn") ?? "")
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "");
  if (words.length === 0) return undefined;
  const isKnown = (word: string): word is RetryCondition => (retryConditions as readonly string[]).includes(word);
  const known = words.filter(isKnown);
  const others = words.filter((word) => !isKnown(word));
  if (others.length > 0) losses.part(resource, retries.peek("retryOn"), `no longer retried on ${others.join(", ")}`);
  return known.toSorted();
}

function faultOf(resource: Resource, fault: Part | undefined, losses: Losses): Fault | null {
  if (fault === undefined) return null;
  const abort = fault.map("abort");
  const delay = fault.map("delay");
  const status = abort?.text("grpcStatus");
  const fixedMs = delay?.durationMs("fixedDelay");
  // Without a percentage nothing is aborted or delayed.
  const abortPercent = abort?.map("percentage")?.number("value") ?? 0;
  const delayPercent = delay?.map("percentage")?.number("value") ?? delay?.number("percent") ?? 0;
  const imported: Fault = {
    ...(status !== undefined && abortPercent > 0 && { abort: { status, percent: abortPercent } }),
    ...(fixedMs !== undefined && delayPercent > 0 && { delay: { fixedMs, percent: delayPercent } }),
  };
  for (const part of fault.unread())
    losses.part(resource, part, "only gRPC statuses and fixed delays are put in on purpose");
  fault.ignore(...Object.keys(fault.value ?? {}));
  return imported.abort === undefined && imported.delay === undefined ? null : imported;
}
