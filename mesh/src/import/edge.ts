// The edge: a Gateway with TLS, the routes of its host to one workload, and who may call that workload.
import type { ImportedPolicy } from "./authorization.ts";
import { policiesOf } from "./authorization.ts";
import { workloadOfHost } from "./hosts.ts";
import type { Losses } from "./loss.ts";
import type { Part } from "./part.ts";
import type { Resource } from "./resources.ts";
import { includes, textsOf, type Workload } from "./workloads.ts";

export interface ImportedEdge {
  readonly workload: string;
  readonly host: string;
  readonly port: number;
  readonly tlsSecret: string;
  readonly workloadPort: number | undefined;
  readonly ingress: { readonly namespace: string; readonly serviceAccount: string } | undefined;
  readonly selector: Readonly<Record<string, string>>;
  readonly jwt:
    | { readonly issuer: string; readonly jwksUri: string; readonly audiences: readonly string[] }
    | undefined;
}

export interface EdgeInput {
  readonly gateways: readonly Resource[];
  /** VirtualServices of gateways only. */
  readonly routes: readonly Resource[];
  readonly authentications: readonly Resource[];
  readonly policies: readonly ImportedPolicy[];
  readonly workloads: ReadonlyMap<string, Workload>;
  readonly namespace: string;
}

/** A policy file has room for one edge: the first Gateway that has TLS, a host and a workload behind it. */
export function importEdge(input: EdgeInput, losses: Losses): ImportedEdge | undefined {
  let edge: ImportedEdge | undefined;
  const used = new Set<Resource>();
  for (const gateway of input.gateways) {
    const found = edge === undefined ? edgeOf(gateway, input, losses, used) : undefined;
    if (found === undefined)
      losses.whole(
        gateway,
        edge === undefined ? "it is no edge with TLS, one host and one workload" : "a mesh has one edge here",
      );
    edge ??= found;
  }
  for (const route of input.routes.filter((one) => !used.has(one)))
    losses.whole(route, "routes of this gateway are not kept");
  for (const one of input.authentications.filter((each) => !used.has(each))) {
    losses.whole(one, "tokens are not checked, but at the edge by one issuer");
  }
  return edge;
}

function edgeOf(gateway: Resource, input: EdgeInput, losses: Losses, used: Set<Resource>): ImportedEdge | undefined {
  const selector = textsOf(gateway.spec.map("selector"));
  const [server] = gateway.spec.list("servers");
  const port = server?.map("port");
  const number = port?.number("number");
  const tls = server?.map("tls");
  const tlsSecret = tls?.text("credentialName");
  port?.ignore("name", "protocol");
  // At least TLS 1.2 is what is rendered, and Istio's own default.
  if (tls?.peek("minProtocolVersion").value === "TLSV1_2") tls.ignore("minProtocolVersion");
  const simple = tls?.text("mode") === "SIMPLE";
  const [host] = server?.texts("hosts") ?? [];
  const route = input.routes.find(
    ({ spec }) =>
      spec.texts("gateways").some((name) => name === gateway.name || name.endsWith(`/${gateway.name}`)) &&
      spec.texts("hosts").some((name) => name === host),
  );
  const behind = route === undefined ? undefined : destinationOf(route, input.namespace);
  if (!simple || tlsSecret === undefined || number === undefined || host === undefined) return undefined;
  if (route === undefined || behind === undefined) return undefined;
  used.add(route);
  losses.unread(gateway, gateway.spec);
  compareRoute(route, behind.http, losses);
  const workload = input.workloads.get(behind.workload);
  return {
    workload: behind.workload,
    host,
    port: number,
    tlsSecret,
    workloadPort: behind.port,
    selector,
    ingress: workload === undefined ? undefined : ingressOf(workload, input),
    jwt: workload === undefined ? undefined : jwtOf(workload, input, losses, used),
  };
}

interface Behind {
  readonly workload: string;
  readonly port: number | undefined;
  readonly http: Part;
}

function destinationOf(route: Resource, namespace: string): Behind | undefined {
  const https = route.spec.list("http");
  const http = https.at(-1);
  const [only, ...others] = http?.list("route") ?? [];
  const to = only?.map("destination");
  const workload = workloadOfHost(to?.text("host") ?? "", route.namespace ?? namespace, namespace);
  if (http === undefined || workload === undefined || others.length > 0) return undefined;
  return { workload, port: to?.map("port")?.number("number"), http };
}

function compareRoute(route: Resource, http: Part, losses: Losses): void {
  http.ignore("name");
  const retries = http.map("retries");
  if ((retries?.number("attempts") ?? 2) > 0) {
    losses.part(route, http, "the ingress gateway retries; here it never does, since workloads behind it do");
    http.ignore("retries");
  }
  losses.unread(route, route.spec);
}

/** The identity of another namespace that may call the workload. */
function ingressOf(workload: Workload, { policies, namespace }: EdgeInput): ImportedEdge["ingress"] {
  const identities = policiesOf(policies, workload).flatMap(({ rules }) =>
    rules.flatMap(({ from }) => from.flatMap((one) => (one.kind === "exact" ? one.identity : []))),
  );
  const other = identities.find((identity) => identity.namespace !== namespace);
  return other && { namespace: other.namespace, serviceAccount: other.serviceAccount };
}

function jwtOf(workload: Workload, input: EdgeInput, losses: Losses, used: Set<Resource>): ImportedEdge["jwt"] {
  const found = input.authentications.find(({ spec }) =>
    includes(workload.labels, textsOf(spec.map("selector")?.map("matchLabels"))),
  );
  const [rule, ...others] = found?.spec.list("jwtRules") ?? [];
  const [issuer, jwksUri, audiences] = [rule?.text("issuer"), rule?.text("jwksUri"), rule?.texts("audiences") ?? []];
  if (found === undefined || others.length > 0 || issuer === undefined || jwksUri === undefined) return undefined;
  if (audiences.length === 0) return undefined;
  used.add(found);
  if (rule?.peek("forwardOriginalToken").value === true) rule.ignore("forwardOriginalToken");
  losses.unread(found, found.spec);
  return { issuer, jwksUri, audiences };
}
