import { describe, expect, it } from "vitest";
import type { Cluster } from "../../../gen/envoy/envoy/config/cluster/v3/cluster.ts";
import type { Route } from "../../../gen/envoy/envoy/config/route/v3/route_components.ts";
import { meshOf } from "../../model/testing/mesh-of.ts";
import { bootstrapJson, type EnvoyPlacement, EnvoyRenderError, renderEnvoy } from "./index.ts";
import { placeholderPlacement } from "./placeholder-placement.ts";
import { shopMesh, shopPlacement } from "./testing/shop.ts";

const mesh = shopMesh();
const web = renderEnvoy(mesh, "web", shopPlacement("web"));
const stock = renderEnvoy(mesh, "stock", shopPlacement("stock"));

function managerOf(bootstrap: typeof web, listener: string) {
  const found = bootstrap.static_resources?.listeners?.find(({ name }) => name === listener);
  const config = found?.filter_chains?.[0]?.filters?.[0]?.typed_config;
  if (
    config?.["@type"] !==
    "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
  )
    throw new Error(`no listener ${listener}`);
  return config;
}
const routesOf = (listener: string): readonly Route[] =>
  managerOf(web, listener).route_config?.virtual_hosts?.[0]?.routes ?? [];
const route = (listener: string, name: string) => routesOf(listener).find((one) => one.name === name)?.route;
const cluster = (name: string): Cluster | undefined => web.static_resources?.clusters?.find((one) => one.name === name);
const filtersOf = (bootstrap: typeof web, listener: string) =>
  managerOf(bootstrap, listener).http_filters?.map(({ name }) => name);

describe("a route of a call that goes out", () => {
  it("has the timeout for the call and as the longest that a client's deadline may be", () => {
    expect(route("outbound_stock", "shop.stock.v1.StockService/GetItem")).toMatchObject({
      timeout: "0.7s",
      max_grpc_timeout: "0.7s",
    });
  });

  it("has neither timeout nor retries where the policy has none", () => {
    expect(route("outbound_stock", "shop.stock.v1.StockService/Watch")).toEqual({
      cluster: "stock",
      timeout: "0s",
      max_grpc_timeout: "0s",
    });
  });

  it("has the retries of the policy, on another host each time", () => {
    expect(route("outbound_stock", "shop.stock.v1.StockService/GetItem")?.retry_policy).toMatchObject({
      retry_on: "reset-before-request,unavailable",
      num_retries: 3,
      per_try_timeout: "0.2s",
      retry_back_off: { base_interval: "0.015s", max_interval: "0.15s" },
      retry_host_predicate: [{ name: "envoy.retry_host_predicates.previous_hosts" }],
      host_selection_retry_max_attempts: 5,
    });
  });

  it("has Istio's silent retries where the policy says nothing of them", () => {
    const policy = route("outbound_till", "shop.till.v1.TillService/Check")?.retry_policy;
    expect(policy).toMatchObject({ num_retries: 2, retry_on: expect.stringContaining("connect-failure") });
    expect(policy).not.toHaveProperty("per_try_timeout");
  });

  it("injects the errors and delays of the policy, and only there has the filter for it", () => {
    const pay = routesOf("outbound_till").find(({ name }) => name === "shop.till.v1.TillService/Pay");
    expect(pay?.typed_per_filter_config?.["envoy.filters.http.fault"]).toMatchObject({
      abort: { grpc_status: 14, percentage: { numerator: 25_000, denominator: "MILLION" } },
      delay: { fixed_delay: "0.04s", percentage: { numerator: 100_000, denominator: "MILLION" } },
    });
    expect(filtersOf(web, "outbound_till")).toContain("envoy.filters.http.fault");
    expect(filtersOf(web, "outbound_stock")).not.toContain("envoy.filters.http.fault");
  });

  it("comes before the one for methods that the protos do not know, which has what the service says of all", () => {
    expect(routesOf("outbound_stock").map(({ match }) => match?.path ?? match?.prefix)).toEqual([
      "/shop.stock.v1.StockService/GetItem",
      "/shop.stock.v1.StockService/Adjust",
      "/shop.stock.v1.StockService/Watch",
      "/shop.stock.v1.StockService/",
    ]);
  });
});

describe("a cluster of a workload that is called", () => {
  it("has every limit written out, and no limit as the largest number", () => {
    expect(cluster("stock")?.circuit_breakers?.thresholds).toEqual([
      {
        max_connections: 16,
        max_pending_requests: 32,
        max_requests: 321,
        max_retries: 4_294_967_295,
        track_remaining: true,
        retry_budget: { budget_percent: { value: 15 }, min_retry_concurrency: 5 },
      },
    ]);
    expect(cluster("till")?.circuit_breakers?.thresholds).toEqual([
      {
        max_connections: 4_294_967_295,
        max_pending_requests: 4_294_967_295,
        max_requests: 4_294_967_295,
        max_retries: 7,
        track_remaining: true,
      },
    ]);
  });

  it("ejects as the policy says, never by success rate, and never sends calls to ejected hosts in a panic", () => {
    expect(cluster("stock")?.outlier_detection).toEqual({
      consecutive_5xx: 9,
      enforcing_consecutive_5xx: 100,
      consecutive_gateway_failure: 4,
      enforcing_consecutive_gateway_failure: 100,
      enforcing_success_rate: 0,
      interval: "3s",
      base_ejection_time: "12s",
      max_ejection_percent: 50,
    });
    expect(cluster("stock")?.common_lb_config).toEqual({ healthy_panic_threshold: { value: 20 } });
    expect(cluster("till")).not.toHaveProperty("outlier_detection");
  });

  it("prefers the zone of the caller only with failover", () => {
    const priorities = (zone: string | undefined): unknown => {
      const { zone: _own, ...placement } = shopPlacement("web");
      const rendered = renderEnvoy(mesh, "web", { ...placement, ...(zone !== undefined && { zone }) });
      const endpoints = rendered.static_resources?.clusters?.find(({ name }) => name === "stock")?.load_assignment
        ?.endpoints;
      return endpoints?.map(({ locality, priority }) => [locality?.zone, priority ?? 0]);
    };
    expect(priorities("a")).toEqual([
      ["a", 0],
      ["b", 1],
    ]);
    expect(priorities("b")).toEqual([
      ["a", 1],
      ["b", 0],
    ]);
    // Envoy wants priorities without a gap.
    expect(priorities("c")).toEqual([
      ["a", 0],
      ["b", 0],
    ]);
    expect(priorities(undefined)).toEqual([
      ["a", 0],
      ["b", 0],
    ]);
  });

  it("accepts exactly the identity of the workload, by TLS 1.3 alone", () => {
    expect(cluster("stock")?.transport_socket?.typed_config).toMatchObject({
      sni: "stock.test.svc.cluster.local",
      common_tls_context: {
        tls_params: { tls_minimum_protocol_version: "TLSv1_3", tls_maximum_protocol_version: "TLSv1_3" },
        validation_context: {
          match_typed_subject_alt_names: [
            { san_type: "URI", matcher: { exact: "spiffe://cluster.local/ns/test/sa/stock" } },
          ],
        },
      },
    });
  });
});

describe("the port for calls that come in", () => {
  it("asks for a certificate, then for the right, and has neither timeout nor retries", () => {
    const manager = managerOf(stock, "inbound");
    expect(filtersOf(stock, "inbound")).toEqual([
      "envoy.filters.http.rbac",
      "envoy.filters.http.grpc_stats",
      "envoy.filters.http.router",
    ]);
    expect(manager.forward_client_cert_details).toBe("SANITIZE_SET");
    expect(manager.route_config?.virtual_hosts?.[0]?.routes?.map((one) => one.route)).toEqual([
      {
        cluster: "inbound_app",
        timeout: "0s",
        max_stream_duration: { max_stream_duration: "0s", grpc_timeout_header_max: "0s" },
      },
    ]);
    const [chain] = stock.static_resources?.listeners?.[0]?.filter_chains ?? [];
    expect(chain?.transport_socket?.typed_config).toMatchObject({ require_client_certificate: true });
  });

  it("lets in callers by identity and path, and nobody else", () => {
    const rbac = managerOf(stock, "inbound").http_filters?.[0]?.typed_config;
    const paths = (...methods: string[]) =>
      methods.map((name) => ({ url_path: { path: { exact: `/shop.stock.v1.StockService/${name}` } } }));
    const principals = (account: string) => [
      { authenticated: { principal_name: { exact: `spiffe://cluster.local/ns/test/sa/${account}` } } },
    ];
    expect(rbac).toMatchObject({
      rules: {
        action: "ALLOW",
        policies: {
          till: { permissions: paths("GetItem", "Adjust"), principals: principals("till") },
          web: { permissions: paths("GetItem", "Watch"), principals: principals("web-front") },
        },
      },
    });
  });
});

describe("renderEnvoy", () => {
  const refused = (workload: string, placement: EnvoyPlacement) => () => renderEnvoy(mesh, workload, placement);

  it("refuses what cannot be placed", () => {
    const { inbound } = shopPlacement("stock");
    expect(refused("shelf", shopPlacement("web"))).toThrow(/no workload "shelf"; there are: stock, till, web/);
    expect(refused("web", { ...shopPlacement("web"), ...(inbound && { inbound }) })).toThrow(/web serves nothing/);
    const outbound = { web: { listenAddress: "127.0.0.1", listenPort: 1, endpoints: [] } };
    expect(refused("till", { ...shopPlacement("till"), outbound })).toThrow(EnvoyRenderError);
  });

  it("refuses services of one workload that want different limits", () => {
    const policy = (service: string, requests: number): string =>
      `{ service: ${service}, workload: both, port: { number: 1 }, breaker: { requests: ${requests} } }`;
    const twice = (requests: number) =>
      meshOf({
        protos: {
          "a.proto":
            'syntax = "proto3"; package p; service A { rpc M(R) returns (R); } service B { rpc M(R) returns (R); }',
        },
        policies: { "a.yaml": policy("p.A", 5), "b.yaml": policy("p.B", requests) },
        callers: "callers: { web: { calls: { p.A: all, p.B: all } } }",
      });
    const render = (of: ReturnType<typeof twice>) => renderEnvoy(of, "web", placeholderPlacement(of, "web"));
    expect(() => render(twice(6))).toThrow(/p\.A and p\.B are both served by both/);
    expect(render(twice(5)).static_resources?.clusters).toHaveLength(1);
  });

  it("gives the same text for the same policies", () => {
    expect(bootstrapJson(renderEnvoy(shopMesh(), "web", shopPlacement("web")))).toBe(bootstrapJson(web));
  });
});
