import { describe, expect, it } from "vitest";
import { countOf } from "./histogram.ts";
import { readSeries, type SeriesOptions } from "./read-range-data.ts";
import { bucketSeries, seats, seatsMesh } from "./testing/seats-mesh.ts";

const minute = { "5": 10, "10": 20, "+Inf": 30 };
const read = (labels: Readonly<Record<string, string>>, options: Partial<SeriesOptions> = {}) => {
  const { measured, ignored } = readSeries(seatsMesh(), bucketSeries(labels, [minute]), { labels: {}, ...options });
  return { calls: measured.map(({ caller, service, method }) => [caller, service, method]), ignored, measured };
};

describe("readSeries", () => {
  it("puts together a name that Envoy's labels take apart", () => {
    const labels = {
      __name__: "envoy_cluster_grpc_v1_SeatService_List_upstream_rq_time_bucket",
      envoy_cluster_name: "seats",
      envoy_grpc_bridge_service: "cinema",
      envoy_grpc_bridge_method: "seats",
      app: "web",
    };
    expect(read(labels).calls).toEqual([["web", seats, "List"]]);
  });

  it("reads Istio's metric by host, without a method", () => {
    const labels = {
      __name__: "istio_request_duration_milliseconds_bucket",
      source_workload: "booking",
      destination_service: "seats.test.svc.cluster.local",
    };
    expect(read(labels).calls).toEqual([["booking", seats, undefined]]);
  });

  it("reads a service and a method label, and a path", () => {
    expect(read({ job: "web", rpc_service: seats, rpc_method: "Hold" }).calls).toEqual([["web", seats, "Hold"]]);
    expect(read({ job: "web", at: `/${seats}/Hold` }, { labels: { method: "at" } }).calls).toEqual([
      ["web", seats, "Hold"],
    ]);
  });

  it("reads seconds where the name of the metric says so, or when told", () => {
    const bounds = (labels: Readonly<Record<string, string>>, options: Partial<SeriesOptions> = {}) =>
      read({ job: "web", rpc_service: seats, rpc_method: "Hold", ...labels }, options).measured[0]?.latency.buckets.map(
        ({ boundMs }) => boundMs,
      );
    expect(bounds({ __name__: "rpc_client_call_duration_seconds_bucket" })).toEqual([5_000, 10_000, Infinity]);
    expect(bounds({ __name__: "rpc_client_duration_milliseconds_bucket" })).toEqual([5, 10, Infinity]);
    expect(bounds({}, { unit: "s" })).toEqual([5_000, 10_000, Infinity]);
  });

  it("adds the proxies of a caller, and takes the highest minute of all together", () => {
    const labels = { job: "web", rpc_service: seats, rpc_method: "Hold" };
    const series = [
      ...bucketSeries({ ...labels, pod: "a" }, [
        { "5": 60, "+Inf": 600 },
        { "5": 6, "+Inf": 60 },
      ]),
      ...bucketSeries({ ...labels, pod: "b" }, [
        { "5": 0, "+Inf": 60 },
        { "5": 60, "+Inf": 1200 },
      ]),
    ];
    const [found] = readSeries(seatsMesh(), series, { labels: {} }).measured;
    expect(found?.peakPerSecond).toBe(21);
    expect(found?.latency.buckets).toEqual([
      { boundMs: 5, count: 126 },
      { boundMs: Infinity, count: 1920 },
    ]);
    expect(found && countOf(found.latency)).toBe(1920);
  });

  it("names what it cannot read, and how often", () => {
    expect(read({ job: "web", rpc_service: "other.v1.Other", rpc_method: "Hold" })).toMatchObject({
      calls: [],
      ignored: ['3 series: service "other.v1.Other" has no policy in the mesh'],
    });
    expect(read({ job: "web", rpc_service: seats, rpc_method: "Sell" }).ignored).toEqual([
      `3 series: the protos have no method /${seats}/Sell`,
    ]);
    expect(read({ rpc_service: seats, rpc_method: "Hold" }).ignored[0]).toContain("no label names the caller");
    expect(read({ job: "nobody", rpc_service: seats, rpc_method: "Hold" }).ignored[0]).toContain(
      'caller "nobody" is no workload',
    );
  });

  it("takes the caller that is named where no label says it", () => {
    expect(read({ rpc_service: seats, rpc_method: "Hold" }, { caller: "booking" }).calls).toEqual([
      ["booking", seats, "Hold"],
    ]);
  });
});
