import { expect, test } from "vitest";
import { layoutOf } from "../data-folder/layout.ts";
import { gatewayEnvironment, serviceEnvironment } from "../processes/environment.ts";
import { planTopology, upstreamOf } from "../processes/topology.ts";
import { placementOf } from "./placement.ts";

const upstreams = { gateway: ["order", "inventory", "payment", "notification"], order: ["inventory"] } as const;
const files = { certificateFile: "cert.pem", privateKeyFile: "key.pem", caFile: "root.pem" };

const plan = () =>
  planTopology({ port: 0, replicas: { inventory: 2 }, shards: 1, brokers: 0, redis: false, upstreams });

test("every process gets a sidecar with ports of its own", async () => {
  const { sidecars, services, gateway } = await plan();
  expect(sidecars.map(({ name }) => name)).toEqual([
    "order-1-sidecar",
    "payment-1-sidecar",
    "inventory-1-sidecar",
    "inventory-2-sidecar",
    "notification-1-sidecar",
    "gateway-1-sidecar",
  ]);
  const addresses = [
    ...sidecars.flatMap(({ admin, inbound, outbound }) => [admin, inbound, ...Object.values(outbound)]),
    ...services.flatMap(({ grpc, connect, health }) => [grpc, connect, health]),
    gateway.http,
    gateway.health,
  ].filter((address) => address !== undefined);
  expect(new Set(addresses).size).toBe(addresses.length);
  expect(sidecars.at(-1)?.inbound).toBeUndefined();
});

test("a process reaches others through its own sidecar, which goes to all of their sidecars", async () => {
  const topology = await plan();
  const order = topology.sidecars.find(({ of }) => of === "order-1");
  const inventories = topology.sidecars.filter(({ workload }) => workload === "inventory");
  if (order === undefined) throw new Error("order-1 has a sidecar");
  expect(upstreamOf(topology, "order-1", "inventory")).toBe(order.outbound.inventory);
  const { outbound, inbound, nodeId } = placementOf(order, topology, files);
  expect(nodeId).toBe("order-1-sidecar");
  expect(Object.keys(outbound)).toEqual(["inventory"]);
  expect(outbound["inventory"]?.endpoints.map(({ address, port }) => `${address}:${port}`)).toEqual(
    inventories.map((sidecar) => sidecar.inbound),
  );
  const process = topology.services.find(({ name }) => name === "order-1");
  expect(`${inbound?.appAddress}:${inbound?.appPort}`).toBe(process?.grpc);
});

test("a process that may not call a service has no way to it", async () => {
  const topology = await plan();
  expect(() => upstreamOf(topology, "payment-1", "inventory")).toThrow("no way to inventory");
});

test("the gateway and the order service get the addresses of their sidecars, and every replica without a mesh", async () => {
  const topology = await plan();
  const plain = { ...topology, sidecars: [] };
  const layout = layoutOf("data");
  const url = { order: "", payment: "", inventory: "", notification: "" };
  const inputs = { layout, databases: { ...url, shards: [], provider: "" }, eventLogUrl: url, redisUrls: {} };
  const gateway = topology.sidecars.find(({ of }) => of === "gateway-1");
  expect(gatewayEnvironment({ ...inputs, topology })["ORDERMESH_INVENTORY_ADDRESS"]).toBe(gateway?.outbound.inventory);
  expect(gatewayEnvironment({ ...inputs, topology: plain })["ORDERMESH_INVENTORY_ADDRESS"]?.split(",")).toHaveLength(2);
  const [order] = topology.services;
  if (order === undefined) throw new Error("there is an order service");
  expect(serviceEnvironment({ ...inputs, topology: plain }, order)["ORDERMESH_INVENTORY_ADDRESS"]).toContain(",");
  expect(serviceEnvironment({ ...inputs, topology }, order)["ORDERMESH_INVENTORY_ADDRESS"]).not.toContain(",");
});
