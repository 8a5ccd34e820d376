// Which workload serves which service of the protos. Istio's resources know hosts and paths, not services.
import { UsageError } from "../exit-codes.ts";
import type { Catalog } from "../model/catalog.ts";
import { type ImportedPolicy, policiesOf } from "./authorization.ts";
import type { Losses } from "./loss.ts";
import type { HostRoutes } from "./routes.ts";
import type { Workload } from "./workloads.ts";

export interface AssignInput {
  readonly catalog: Catalog;
  readonly workloads: ReadonlyMap<string, Workload>;
  readonly routes: ReadonlyMap<string, HostRoutes>;
  readonly policies: readonly ImportedPolicy[];
  /** `cart=shop.v1.CartService`, as a person says it. */
  readonly serves: readonly string[];
}

/**
 * @returns the workload of each service that has one; what is not said is told by paths of routes and of policies that
 *   select one workload, then by names that are alike
 * @throws UsageError for a workload or a service that does not exist
 */
export function assignServices(input: AssignInput, losses: Losses): Map<string, string> {
  const { catalog, workloads, routes, policies } = input;
  const assigned = new Map(input.serves.map((text) => parseServes(text, input)));
  const evidence = new Map<string, Set<string>>();
  const tell = (path: string, workload: string): void => {
    const service = /^\/([^/]+)\//.exec(path)?.[1] ?? "";
    if (!catalog.has(service)) return;
    evidence.set(service, (evidence.get(service) ?? new Set()).add(workload));
  };
  for (const [workload, host] of routes) {
    for (const { paths } of host.routes) for (const { path } of paths) tell(path, workload);
  }
  for (const workload of workloads.values()) {
    for (const { selector, rules } of policiesOf(policies, workload)) {
      if (Object.keys(selector).length === 0) continue;
      for (const { paths } of rules) for (const path of paths) tell(path, workload.name);
    }
  }
  for (const service of catalog.keys()) {
    if (assigned.has(service)) continue;
    const told = [...(evidence.get(service) ?? [])];
    const found = told.length > 0 ? told : alike(service, [...workloads.keys()]);
    const [first] = found;
    if (first !== undefined && found.length === 1) {
      assigned.set(service, first);
      if (told.length === 0) losses.note(`${service} is taken to be served by ${first}, by its name`);
    } else if (found.length > 1) {
      losses.missing(service, `${found.join(" and ")} may serve it; say which with --serves WORKLOAD=${service}`);
    } else {
      losses.missing(service, `no workload is known to serve it; say which with --serves WORKLOAD=${service}`);
    }
  }
  return assigned;
}

function parseServes(text: string, { catalog, workloads }: AssignInput): [service: string, workload: string] {
  const [workload = "", service = ""] = text.split("=");
  if (!workloads.has(workload)) {
    throw new UsageError(
      `--serves ${text}: there is no workload ${workload}; there are: ${[...workloads.keys()].join(", ")}`,
    );
  }
  if (!catalog.has(service)) {
    throw new UsageError(
      `--serves ${text}: the protos have no service ${service}; there are: ${[...catalog.keys()].join(", ")}`,
    );
  }
  return [service, workload];
}

/** `seat`, `seats` and `seat-service` are alike `cinema.seats.v1.SeatService`. */
function alike(service: string, workloads: readonly string[]): string[] {
  const parts = service.split(".").map(plain);
  return workloads.filter((workload) => parts.includes(plain(workload)));
}

const plain = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll("-", "")
    .replace(/(service|svc|server|api)$/, "")
    .replace(/s$/, "");
