// Which call a series of a metric is about: every source of metrics has labels of its own.
import type { Method } from "../model/catalog.ts";
import { hostOf, type Mesh, workloadsOf } from "../model/mesh.ts";

/** Names of labels; where one is not given, those that are usual are tried. */
export interface LabelNames {
  readonly caller?: string | undefined;
  readonly service?: string | undefined;
  readonly method?: string | undefined;
}

export interface SeriesCall {
  readonly caller: string;
  readonly service: string;
  readonly method: string | undefined;
}

/** Workload that calls: Istio's proxies, Kubernetes' scrape configuration, OpenTelemetry. */
const callerLabels = ["source_workload", "source_canonical_service", "app", "service_name", "job"];
/** OpenTelemetry's name of the gRPC service; Istio's host of it. */
const serviceLabels = ["rpc_service", "grpc_service", "destination_service", "destination_service_name"];
const methodLabels = ["rpc_method", "grpc_method", "request_path"];

/**
 * Reads three kinds of series:
 * - Envoy's own, by its gRPC statistics filter: `envoy_cluster_grpc_…_upstream_rq_time_bucket`. Its labels take a service
 *   name with dots apart (the package goes into `envoy_grpc_bridge_service` and `…_method`, the rest into the name of the
 *   metric; seen on Envoy 1.40), so the parts are put together again and looked up in the protos.
 * - Istio's `istio_request_duration_milliseconds_bucket`: by host; no method unless a Telemetry resource adds one.
 * - Those of gRPC instrumentation, with a service and a method label, or a method label that holds the whole path.
 *
 * @param caller of series that do not say it
 * @returns the call, or why it cannot be told
 */
export function identifySeries(
  mesh: Mesh,
  labels: Readonly<Record<string, string>>,
  names: LabelNames,
  caller: string | undefined,
): SeriesCall | string {
  const read = (given: string | undefined, usual: readonly string[]): string | undefined =>
    given === undefined ? usual.map((name) => labels[name]).find((value) => value !== undefined) : labels[given];
  const called = calledIn(mesh, labels, read(names.service, serviceLabels), read(names.method, methodLabels));
  if (typeof called === "string") return called;
  const from = caller ?? read(names.caller, callerLabels);
  if (from === undefined) return "no label names the caller; say it with --caller, or the label with --caller-label";
  if (!workloadsOf(mesh).includes(from)) return `caller "${from}" is no workload of the mesh`;
  return { caller: from, ...called };
}

function calledIn(
  mesh: Mesh,
  labels: Readonly<Record<string, string>>,
  service: string | undefined,
  method: string | undefined,
): Omit<SeriesCall, "caller"> | string {
  const methods = [...mesh.catalog.values()].flatMap((found) => found.methods);
  const envoy = /^envoy_cluster_grpc_(.+)_upstream_rq_time_bucket$/.exec(labels["__name__"] ?? "");
  if (envoy !== null) {
    const { envoy_grpc_bridge_service, envoy_grpc_bridge_method } = labels;
    const flat = [envoy_grpc_bridge_service, envoy_grpc_bridge_method, envoy[1]].filter(Boolean).join("_");
    const found = methods.find((known) => flatten(known) === flat);
    return found ? { service: found.service, method: found.name } : `the protos have no method "${flat}"`;
  }
  const path = method?.startsWith("/") === true ? method : `/${service ?? ""}/${method ?? ""}`;
  const byPath = methods.find((known) => known.path === path);
  if (byPath !== undefined) return { service: byPath.service, method: byPath.name };
  if (service === undefined) return "no label names the service; say which does with --service-label";
  const byHost = [...mesh.services.values()].find(({ policy: { value } }) =>
    [value.service, value.workload, hostOf(mesh, value.workload)].includes(service),
  );
  if (byHost === undefined) return `service "${service}" has no policy in the mesh`;
  if (method === undefined) return { service: byHost.policy.value.service, method: undefined };
  return `the protos have no method ${path}`;
}

const flatten = ({ service, name }: Method): string => `${service}.${name}`.replaceAll(".", "_");
