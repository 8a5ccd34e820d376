import { describe, expect, it } from "vitest";
import { renderEnvoy } from "../render/envoy/index.ts";
import { shopMesh, shopPlacement } from "../render/envoy/testing/shop.ts";
import { compareEffect, readDump } from "./index.ts";
import { dumpOf, istiodDump, objectIn } from "./testing/dump-of.ts";

const mesh = shopMesh();
type Workload = "web" | "till" | "stock";
const workloads: readonly Workload[] = ["web", "till", "stock"];
const ownDump = (workload: Workload) => dumpOf(renderEnvoy(mesh, workload, shopPlacement(workload)));
const sources = [
  ["a sidecar of this tool's bootstrap", async (workload: Workload) => ownDump(workload)],
  ["a sidecar that a real istiod configures", istiodDump],
] as const;

type Json = Record<string, unknown>;
type Place = (dump: unknown) => Json;
type Change = (dump: unknown) => void;

const set =
  (place: Place, key: string, value: unknown): Change =>
  (dump) => {
    place(dump)[key] = value;
  };
const drop =
  (place: Place, key: string): Change =>
  (dump) => {
    const object = place(dump);
    if (!(key in object)) throw new Error(`there is no ${key} to drop`);
    delete object[key];
  };
const within =
  (place: Place, key: string): Place =>
  (dump) =>
    place(dump)[key] as Json;

const stockName = /^(outbound\|7001\|\|)?stock(\.test\.svc\.cluster\.local)?$/;
const stock: Place = (dump) => objectIn(dump, (one) => "connect_timeout" in one && stockName.test(String(one["name"])));
const thresholds: Place = (dump) => objectIn(stock(dump), (one) => "max_pending_requests" in one);
const budget = within(thresholds, "retry_budget");
const detection = within(stock, "outlier_detection");
const identity: Place = (dump) => objectIn(within(stock, "transport_socket")(dump), (one) => "exact" in one);
const otherZone: Place = (dump) => objectIn(dump, (one) => one["priority"] === 1);
/** The action of the route that GetItem takes: one for its path, or the one for all methods that differ in nothing. */
const getItem: Place = (dump) =>
  objectIn(dump, (one) => {
    const { match, route } = one as { readonly match?: Json; readonly route?: Json };
    if (!stockName.test(String(route?.["cluster"]))) return false;
    return match?.["path"] === "/shop.stock.v1.StockService/GetItem" || match?.["prefix"] === "/";
  })["route"] as Json;
const retries = within(getItem, "retry_policy");

describe.each(sources)("%s", (_name, dumpFor) => {
  it.each(workloads)("does for %s what the policies say", async (workload) => {
    const report = compareEffect(mesh, readDump(await dumpFor(workload)));
    expect(report.workload).toBe(workload);
    expect(report.callsOut + report.rightsIn).toBeGreaterThan(0);
    expect(report.differences).toEqual([]);
  });

  const changes: readonly (readonly [field: string, value: string, change: Change])[] = [
    ["timeout", "5s", set(getItem, "max_grpc_timeout", "5s")],
    ["timeout", "none", set(getItem, "max_grpc_timeout", "0s")],
    ["client's deadline", "ignored", drop(getItem, "max_grpc_timeout")],
    ["retries", "2", set(retries, "num_retries", 2)],
    ["retries", "1", drop(retries, "num_retries")],
    ["retries", "none", drop(getItem, "retry_policy")],
    ["per try", "300ms", set(retries, "per_try_timeout", "0.300s")],
    ["per try", "none", drop(retries, "per_try_timeout")],
    ["retry on", "unavailable", set(retries, "retry_on", "unavailable")],
    ["retry on another host", "off", drop(retries, "retry_host_predicate")],
    ["first back-off", "25ms", set(retries, "retry_back_off", { base_interval: "0.025s", max_interval: "0.150s" })],
    ["longest back-off", "1s", set(retries, "retry_back_off", { base_interval: "0.015s", max_interval: "1s" })],
    ["connect timeout", "5s", drop(stock, "connect_timeout")],
    ["requests", "1024", drop(thresholds, "max_requests")],
    ["pending requests", "33", set(thresholds, "max_pending_requests", 33)],
    ["connections", "1024", drop(thresholds, "max_connections")],
    ["retry budget", "20%", drop(budget, "budget_percent")],
    ["retry budget", "0.2%", set(budget, "budget_percent", { value: 0.2 })],
    ["retry budget", "none", drop(thresholds, "retry_budget")],
    ["retry budget, least", "3", drop(budget, "min_retry_concurrency")],
    ["eject after gateway errors", "off", set(detection, "enforcing_consecutive_gateway_failure", 0)],
    ["eject after gateway errors", "5", drop(detection, "consecutive_gateway_failure")],
    ["eject after errors", "off", set(detection, "consecutive_5xx", 0)],
    ["eject by success rate", "on", drop(detection, "enforcing_success_rate")],
    ["eject by share of failures", "on", set(detection, "enforcing_failure_percentage", 100)],
    ["ejection interval", "10s", drop(detection, "interval")],
    ["ejected for", "30s", drop(detection, "base_ejection_time")],
    ["ejected at most", "10%", drop(detection, "max_ejection_percent")],
    ["ejection above health of", "50%", drop(stock, "common_lb_config")],
    ["load balancing", "RANDOM", set(stock, "lb_policy", "RANDOM")],
    ["locality", "off", drop(otherZone, "priority")],
    ["mTLS", "off", drop(stock, "transport_socket")],
    [
      "identity of the callee",
      "spiffe://cluster.local/ns/test/sa/other",
      set(identity, "exact", "spiffe://cluster.local/ns/test/sa/other"),
    ],
  ];

  it.each(changes)("that has another %s (%s) is found out, by exactly that", async (field, value, change) => {
    const dump = await dumpFor("web");
    change(dump);
    const { differences } = compareEffect(mesh, readDump(dump));
    const found = differences.filter(({ method }) => method === "GetItem");
    expect(found.map((one) => [one.field, one.proxy.value])).toEqual([[field, value]]);
    expect(new Set(differences.map(({ service }) => service))).toEqual(new Set(["shop.stock.v1.StockService"]));
  });
});
