import { expect, test } from "vitest";
import { parseStats } from "./stats.ts";

const TEXT = `cluster.orders.upstream_rq_retry: 60
cluster.orders.upstream_rq_total: 0
cluster.orders.upstream_rq_time: P0(nan,1.0) P25(nan,1.025)
cluster.orders.upstream_cx_length_ms: No recorded values
control_plane.identifier: "istiod: 1"
listener.127.0.0.1_15302.ssl.versions.TLSv1.3: 4
listener.[::1]_15302.downstream_cx_total: 2
`;

test("counters and gauges are read, those that are 0 too; histograms and texts are left out", () => {
  expect(Object.fromEntries(parseStats(TEXT))).toEqual({
    "cluster.orders.upstream_rq_retry": 60,
    "cluster.orders.upstream_rq_total": 0,
    "listener.127.0.0.1_15302.ssl.versions.TLSv1.3": 4,
    "listener.[::1]_15302.downstream_cx_total": 2,
  });
});

test("a filter may match anywhere in the name, and a global one keeps no memory between names", () => {
  expect([...parseStats(TEXT, /upstream_rq/g).keys()]).toEqual([
    "cluster.orders.upstream_rq_retry",
    "cluster.orders.upstream_rq_total",
  ]);
});
