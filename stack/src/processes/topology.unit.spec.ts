import { expect, test } from "vitest";
import { createBackoff } from "./backoff.ts";
import { addressesOf, parseReplicas, planTopology } from "./topology.ts";

test("replicas are read by service", () => {
  expect(parseReplicas("order=2,payment=3")).toEqual({ order: 2, payment: 3 });
});

test.each(["gateway=2", "order", "order=0", "order=9", "order=-1", "order=two", "", "order=2,,payment=1"])(
  "%j is refused with what is allowed",
  (text) => {
    expect(() => parseReplicas(text)).toThrow(/--replicas: .* is not accepted; give service=count/);
  },
);

test("every process has ports of its own below the ephemeral range, and replicas are listed together", async () => {
  const topology = await planTopology({ port: 8080, replicas: { inventory: 2 }, shards: 4, brokers: 3, redis: true });
  const addresses = topology.services.flatMap((one) => [one.grpc, one.connect, one.health]);
  expect(new Set(addresses).size).toBe(15);
  const ofBrokers = topology.kafka.flatMap((one) => [one.port, one.controllerPort]);
  const ofShards = topology.furtherShards.map((one) => one.port);
  expect(topology.furtherShards.map((one) => one.shard)).toEqual(["shard-2", "shard-3", "shard-4"]);
  expect(new Set([...ofBrokers, ...ofShards, topology.postgresPort, topology.redisPort]).size).toBe(11);
  expect(addresses.every((address) => Number(address.split(":")[1]) < 60_000)).toBe(true);
  expect(topology.gateway.http).toBe("127.0.0.1:8080");
  expect(addressesOf(topology, "inventory").split(",")).toHaveLength(2);
  expect(topology.services.map((one) => one.name)).toContain("inventory-2");
});

test("a stack of one shard without Redis has neither further servers nor a port for it", async () => {
  const topology = await planTopology({ port: 0, replicas: {}, shards: 1, brokers: 0, redis: false });
  expect(topology).toMatchObject({ furtherShards: [], redisPort: undefined });
});

test("a process that keeps dying is started ever later, one that ran well at once", () => {
  const backoff = createBackoff();
  const delays = Array.from({ length: 9 }, () => backoff.next(10));
  expect(delays).toEqual([50, 100, 200, 400, 800, 1600, 3200, 5000, 5000]);
  expect(backoff.next(10_000)).toBe(50);
});
