import { expect, test } from "vitest";
import { parseClusters } from "./clusters.ts";

/** As Envoy 1.40 prints it: what is at its default is absent, and 64-bit numbers are text. */
const socket = (port: number) => ({ address: { socket_address: { address: "127.0.0.1", port_value: port } } });
const print = (hosts: object[]) =>
  JSON.stringify({ cluster_statuses: [{ name: "orders", host_statuses: hosts }, { name: "empty" }] });

test("a host that nothing speaks against is healthy", () => {
  const host = {
    ...socket(7001),
    stats: [{ name: "cx_connect_fail" }, { name: "rq_total", value: "12" }, { name: "rq_active", type: "GAUGE" }],
    health_status: { eds_health_status: "HEALTHY" },
    weight: 3,
    locality: { zone: "a" },
  };
  expect(parseClusters(print([host]))).toEqual([
    {
      name: "orders",
      hosts: [
        {
          address: "127.0.0.1:7001",
          healthy: true,
          ejected: false,
          flags: [],
          weight: 3,
          priority: 0,
          locality: { region: "", zone: "a", subZone: "" },
          stats: { cx_connect_fail: 0, rq_total: 12, rq_active: 0 },
        },
      ],
    },
    { name: "empty", hosts: [] },
  ]);
});

test.each([
  [{ failed_outlier_check: true, eds_health_status: "HEALTHY" }, true, ["failed_outlier_check"]],
  [{ failed_active_health_check: true }, false, ["failed_active_health_check"]],
  [{ eds_health_status: "DRAINING" }, false, ["eds_health_status=DRAINING"]],
])("a host with %j is not healthy", (health_status, ejected, flags) => {
  const [cluster] = parseClusters(print([{ ...socket(7001), health_status }]));
  expect(cluster?.hosts[0]).toMatchObject({ healthy: false, ejected, flags });
});

test("an Envoy without clusters, and hosts that are no sockets, are read", () => {
  expect(parseClusters("{}")).toEqual([]);
  const hosts = [
    { address: { pipe: { path: "/run/s" } } },
    { address: { envoy_internal_address: { server_listener_name: "inner" } } },
  ];
  expect(parseClusters(print(hosts))[0]?.hosts.map(({ address }) => address)).toEqual(["/run/s", "inner"]);
});
