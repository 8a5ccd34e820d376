// Istio's resources as a mesh folder of this tool, such that what is in effect stays the same; the rest is named.
import type { Catalog } from "../model/catalog.ts";
import { assignServices } from "./assign-services.ts";
import { allowPolicies, type ImportedPolicy } from "./authorization.ts";
import { callersOf, trustDomainOf } from "./callers.ts";
import { importEdge } from "./edge.ts";
import { egressFrom } from "./egress.ts";
import { workloadOfHost } from "./hosts.ts";
import { importService } from "./import-service.ts";
import { istioByKind } from "./kinds.ts";
import { type Loss, Losses } from "./loss.ts";
import { callersText, meshText } from "./mesh-text.ts";
import { compareMutualTls } from "./mutual-tls.ts";
import { type ImportedService, policyText } from "./policy-text.ts";
import type { Resource } from "./resources.ts";
import { type HostRoutes, routesFrom } from "./routes.ts";
import { type HostRule, thresholdsFrom } from "./thresholds.ts";
import { includes, type Workload, workloadsFrom } from "./workloads.ts";

export interface ImportOptions {
  readonly catalog: Catalog;
  /** The folder of the protos as mesh.yaml is to name it. */
  readonly protos: string;
  /** Whose defaults hold, such as `1.30`. */
  readonly istio: string;
  /** Name of the one environment that is written. */
  readonly environment: string;
  /** The one in which most of the resources are, where nothing is said. */
  readonly namespace?: string | undefined;
  /** `cart=shop.v1.CartService`, where paths and names do not tell. */
  readonly serves?: readonly string[];
}

export interface Imported {
  readonly namespace: string;
  /** Text by path in the folder. */
  readonly files: ReadonlyMap<string, string>;
  /** Workload by service. */
  readonly serves: ReadonlyMap<string, string>;
  readonly losses: readonly Loss[];
  readonly notes: readonly string[];
}

/** Where policies of the whole mesh are; Istio's own default. */
const rootNamespace = "istio-system";

export function importIstio(all: readonly Resource[], options: ImportOptions): Imported {
  const losses = new Losses();
  const namespace = options.namespace ?? mostlyIn(all);
  const resources = all.filter((resource) => isOf(resource, namespace, losses));
  const kinds = istioByKind(resources, losses);
  const policies = allowPolicies(kinds.AuthorizationPolicy, losses);
  const routes = routesFrom(kinds.VirtualService, namespace, losses);
  const workloads = workloadsFrom(resources, hostsIn(kinds, namespace));
  const serves = assignServices(
    { catalog: options.catalog, workloads, routes, policies, serves: options.serves ?? [] },
    losses,
  );
  const rules = thresholdsFrom(
    kinds.DestinationRule,
    { namespace, istio: options.istio, workloads: [...workloads.keys()] },
    losses,
  );
  const edge = importEdge(
    {
      gateways: kinds.Gateway,
      routes: kinds.VirtualService.filter(({ spec }) => isOfGateway(spec.texts("gateways"))),
      authentications: kinds.RequestAuthentication,
      policies,
      workloads,
      namespace,
    },
    losses,
  );
  const egress = egressFrom(kinds.ServiceEntry, kinds.Sidecar, [...workloads.values()], losses);
  const serving = [...new Set(serves.values())].flatMap((name) => workloads.get(name) ?? []);
  nameUnserved({ routes, rules, policies, workloads, serving, edge: edge?.workload }, losses);
  compareMutualTls(nearestFirst(kinds.PeerAuthentication), serving, losses);
  const services = [...serves].flatMap(([service, name]) => {
    const workload = workloads.get(name);
    const methods = options.catalog.get(service)?.methods ?? [];
    return workload === undefined
      ? []
      : [importService(service, workload, methods, routes.get(name), rules.get(name), losses)];
  });
  const trustDomain = trustDomainOf(policies);
  const callers = callersOf(
    { services, policies, workloads, namespace, trustDomain, edge: edge?.workload, egress },
    losses,
  );
  return {
    namespace,
    files: new Map([
      ["mesh.yaml", meshText({ ...options, namespace, trustDomain, edge })],
      ["callers.yaml", callersText(callers, options.catalog)],
      ...services.map((one): [string, string] => [`policies/${fileName(one, services)}.yaml`, policyText(one)]),
    ]),
    serves,
    losses: losses.inOrder(),
    notes: losses.notes,
  };
}

const isOfGateway = (gateways: readonly string[]): boolean => gateways.length > 0 && !gateways.includes("mesh");

function mostlyIn(resources: readonly Resource[]): string {
  const named = resources.flatMap(({ namespace }) => namespace ?? []).filter((name) => name !== rootNamespace);
  const counts = [...Map.groupBy(named, (name) => name)].toSorted(([, a], [, b]) => b.length - a.length);
  return counts[0]?.[0] ?? "default";
}

/** A resource of another namespace is no part of this mesh; one of Istio's own namespace holds for all. */
function isOf(resource: Resource, namespace: string, losses: Losses): boolean {
  const of = resource.namespace ?? namespace;
  if (of === namespace || of === rootNamespace) return true;
  if (/istio\.io\//.test(resource.apiVersion)) {
    losses.whole(
      resource,
      `it is of another namespace than ${namespace}; import that by itself, with --namespace ${of}`,
    );
  }
  return false;
}

const nearestFirst = (resources: readonly Resource[]): Resource[] =>
  resources.toSorted((a, b) => Number(a.namespace === rootNamespace) - Number(b.namespace === rootNamespace));

/** Workloads that routes, rules and selectors speak of, with or without a Service. */
function hostsIn(kinds: ReturnType<typeof istioByKind>, namespace: string): string[] {
  const hosts = [
    ...kinds.VirtualService.flatMap(({ spec }) => [
      ...spec.texts("hosts"),
      ...spec
        .list("http")
        .flatMap((route) => route.list("route").flatMap((one) => one.map("destination")?.text("host") ?? [])),
    ]),
    ...kinds.DestinationRule.flatMap(({ spec }) => spec.text("host") ?? []),
  ];
  const selected = kinds.AuthorizationPolicy.flatMap(
    ({ spec }) => spec.map("selector")?.map("matchLabels")?.text("app") ?? [],
  );
  return [...hosts.flatMap((host) => workloadOfHost(host, namespace, namespace) ?? []), ...selected];
}

interface Unserved {
  readonly routes: ReadonlyMap<string, HostRoutes>;
  readonly rules: ReadonlyMap<string, HostRule>;
  readonly policies: readonly ImportedPolicy[];
  readonly workloads: ReadonlyMap<string, Workload>;
  readonly serving: readonly Workload[];
  readonly edge: string | undefined;
}

/** Resources about workloads of which no service is known. */
function nameUnserved({ routes, rules, policies, serving, workloads, edge }: Unserved, losses: Losses): void {
  const names = new Set(serving.map(({ name }) => name));
  const about = [...routes, ...[...rules].filter(([, { exact }]) => exact)].filter(
    ([workload]) => !names.has(workload),
  );
  for (const [workload, { resource }] of about) losses.whole(resource, `${workload} serves no service of the protos`);
  const known = [...serving, ...(edge === undefined ? [] : [workloads.get(edge) ?? []].flat())];
  for (const { resource, selector, rules: allowing } of policies) {
    const selects = known.some(({ labels }) => includes(labels, selector));
    if (selects || allowing.length === 0) continue;
    losses.whole(resource, "it selects no workload that serves a service of the protos");
  }
}

/** The workload's name where it serves one service, the service's where it serves several. */
const fileName = ({ workload, service }: ImportedService, services: readonly ImportedService[]): string =>
  services.filter((one) => one.workload === workload).length === 1 ? workload.name : service;
