// A mesh that was not born here: what Istio does with it, as its source says, and not as this tool would have written it.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { readProtos } from "../files/read-protos.ts";
import { unlimited } from "../model/istio-defaults.ts";
import { type ImportedText, importText } from "./testing/import-text.ts";

const folder = join(import.meta.dirname, "testing/bicycles");
const rental = "bicycles.v1.RentalService";
const station = "bicycles.v1.StationService";
const fare = "bicycles.v1.FareService";

let bikes: ImportedText;
beforeAll(async () => {
  const texts = await Promise.all(
    ["workloads.yaml", "istio.yaml"].map((name) => readFile(join(folder, "cluster", name), "utf8")),
  );
  bikes = importText(texts.join("---\n"), await readProtos(join(folder, "proto")), {
    istio: "1.29.1",
    serves: [`tariff=${fare}`],
  });
});

describe("what calls see", () => {
  it("is decided by the first route that a path matches", () => {
    expect(bikes.valuesFor("app", rental, "StartRental")).toMatchObject({ timeoutMs: 4_000, retryAttempts: 0 });
    expect(bikes.valuesFor("app", rental, "GetRental")).toMatchObject({
      timeoutMs: 1_500,
      retryAttempts: 3,
      retryPerTryMs: 400,
      retryOn: ["connect-failure", "unavailable"],
      retryBackoffBaseMs: 25,
      retryBackoffMaxMs: 250,
    });
  });

  it("is Istio's two retries where a route says nothing of them", () => {
    expect(bikes.valuesFor("app", rental, "EndRental")).toMatchObject({
      timeoutMs: 90_000,
      retryAttempts: 2,
      retryPerTryMs: null,
      retryOn: ["cancelled", "connect-failure", "refused-stream", "retriable-status-codes", "unavailable"],
    });
  });

  it("is all of Istio's defaults where there is no VirtualService", () => {
    expect(bikes.valuesFor("app", fare, "QuoteFare")).toMatchObject({ timeoutMs: null, retryAttempts: 2 });
  });

  it("is ejection after five errors where an outlierDetection names no count", () => {
    expect(bikes.valuesFor("app", rental, "GetRental")).toMatchObject({
      ejectAfterErrors: 5,
      ejectAfterGatewayErrors: null,
      ejectIntervalMs: 7_000,
      ejectBaseMs: 60_000,
      ejectMaxPercent: 10,
      locality: "failover",
    });
  });

  it("is a limit of nothing for 0, and the budget that this version of Istio has by mistake", () => {
    expect(bikes.valuesFor("app", rental, "GetRental")).toMatchObject({
      connectTimeoutMs: 250,
      maxRequests: 60,
      maxRetries: unlimited,
      retryBudgetPercent: 0.2,
      retryBudgetMinimum: 5,
    });
  });

  it("is what a rule for all hosts says where none names the host", () => {
    expect(bikes.valuesFor("app", fare, "QuoteFare")).toMatchObject({
      maxPending: 25,
      loadBalancing: "LEAST_REQUEST",
      ejectAfterErrors: null,
      locality: "off",
    });
    expect(bikes.valuesFor("app", rental, "GetRental").maxPending).toBe(unlimited);
  });

  it("is a fault that is put in on purpose, but no delay without a percentage", () => {
    const { fault } = bikes.valuesFor("rental", station, "ListStations");
    expect(fault).toEqual({ abort: { status: "UNAVAILABLE", percent: 2.5 } });
  });
});

describe("who may call", () => {
  const allowed = (caller: string, service: string, method: string) => bikes.valuesFor(caller, service, method).allowed;

  it("is what rules allow, paths by their beginning and their end among them", () => {
    expect(allowed("app", rental, "StartRental")).toBe(true);
    expect(allowed("support", rental, "GetRental")).toBe(true);
    expect(allowed("support", rental, "EndRental")).toBe(false);
  });

  it("knows a workload by the account under which it runs", () => {
    expect(allowed("rental", station, "Unlock")).toBe(true);
    expect(bikes.mesh.callers.value.callers["rental"]?.serviceAccount).toBe("bikes-rental");
  });

  it("is nobody by a rule with a condition: never more than before", () => {
    expect(allowed("night", rental, "GetRental")).toBe(false);
  });
});

describe("the folder", () => {
  it("has the ports, replicas and headless Services of Kubernetes", () => {
    const policyOf = (service: string) => bikes.mesh.services.get(service)?.policy.value;
    expect(policyOf(rental)).toMatchObject({
      workload: "rental",
      port: { number: 8080, name: "grpc-api" },
      replicas: 4,
    });
    expect(policyOf(station)).toMatchObject({ workload: "stations", headless: true, port: { appProtocol: "grpc" } });
  });

  it("says in which namespace the mesh is", () => {
    expect(bikes.mesh.settings.value.namespace).toBe("bikes");
  });
});

describe("what is lost", () => {
  it.each([
    ["a match by headers", /^VirtualService bikes\/rental spec\.http\[0\]\.match\[0\]\.headers: /],
    [
      "a subset",
      /^VirtualService bikes\/rental spec\.http\[0\]\.route\[0\]\.destination\.subset: calls go to all hosts/,
    ],
    ["a mirror", /^VirtualService bikes\/rental spec\.http\[1\]\.mirror: copies/],
    [
      "a status to retry on",
      /^VirtualService bikes\/rental spec\.http\[2\]\.retries\.retryOn: no longer retried on 503/,
    ],
    ["shares of traffic", /^VirtualService bikes\/rental spec\.http\[3\]\.route\[0\]\.weight: shares of traffic/],
    [
      "a method without a route",
      /^VirtualService bikes\/stations: no route takes \/bicycles\.v1\.StationService\/Unlock/,
    ],
    ["one host for one key", /^DestinationRule bikes\/rental spec\.trafficPolicy\.loadBalancer\.consistentHash: /],
    ["subsets", /^DestinationRule bikes\/rental spec\.subsets: hosts are no longer told apart/],
    ["a condition", /^AuthorizationPolicy bikes\/rental spec\.rules\[2\]\.when: .*the rule is left out/],
    [
      "a caller of another namespace",
      /^AuthorizationPolicy bikes\/stations .*\.from\[1\]\.source\.principals\[0\]: a caller of another/,
    ],
    ["a DENY policy", /^AuthorizationPolicy bikes\/no-unlock-by-night: DENY: /],
    ["a workload that anybody may call", /^AuthorizationPolicy for tariff: anybody may call it today/],
    ["connections without mutual TLS", /^PeerAuthentication bikes\/tariff spec\.mtls: PERMISSIVE: tariff takes calls/],
    ["an EnvoyFilter", /^EnvoyFilter bikes\/lua: /],
    ["another namespace", /^DestinationRule city\/dashboard: it is of another namespace/],
  ])("is named: %s", (_, pattern) => {
    expect(bikes.losses.filter((loss) => pattern.test(loss))).toHaveLength(1);
  });

  it("is nothing but that", () => {
    const others = bikes.losses.filter((loss) => /subset|weight/.test(loss) === false);
    expect(others).toHaveLength(12);
  });

  it("is told with the line on which it is written", async () => {
    const mirror = bikes.imported.losses.find(({ field }) => field.endsWith(".mirror"));
    const lines = (await readFile(join(folder, "cluster/workloads.yaml"), "utf8")).split("\n").length;
    const istio = (await readFile(join(folder, "cluster/istio.yaml"), "utf8")).split("\n");
    expect(mirror?.place?.line).toBe(lines + istio.findIndex((line) => line.includes("mirror:")) + 1);
  });
});
