import { Writable } from "node:stream";
import { expect, test } from "vitest";
import type { StackState } from "../state.ts";
import { describeStack } from "./banner.ts";

const plain = new Writable();
const shard = (n: number) => ({ name: `shard-${n}`, url: `postgres://order:secret@127.0.0.1:${n}/orders` });
const state: StackState = {
  mode: "embedded",
  mesh: false,
  gatewayUrl: "http://127.0.0.1:8080",
  customerToken: "customer-token",
  operatorToken: "operator-token",
  startedAt: "2026-01-01T00:00:00.000Z",
  pid: 1,
  processes: [],
  databases: { shards: [shard(1)], payment: "", provider: "", inventory: "", notification: "" },
  eventLogUrl: "postgres://log:secret@127.0.0.1:1/log",
  serviceEnvironments: { order: {}, payment: {}, inventory: {}, notification: {} },
  adminDatabaseUrl: "postgres://postgres:secret@127.0.0.1:1/postgres",
};

test("the simplest stack is told by its address, where its events are and its tokens", () => {
  const text = describeStack(state, plain);
  expect(text).toContain("Ordermesh serves at http://127.0.0.1:8080");
  expect(text).toContain("Events are in PostgreSQL (embedded)");
  expect(text).toContain("export CUSTOMER=customer-token");
  expect(text).not.toMatch(/shards|Redis|Mesh/);
});

test("shards, Redis and sidecars are told where there are any, and no password is", () => {
  const databases = { ...state.databases, shards: [shard(1), shard(2)] };
  const text = describeStack(
    { ...state, mesh: true, databases, redisUrl: "redis://tools:secret@127.0.0.1:6379" },
    plain,
  );
  expect(text).toContain("Orders are on 2 shards");
  expect(text).toContain("Redis is at 127.0.0.1:6379");
  expect(text).toContain("Mesh: a sidecar");
  expect(text).not.toContain("secret");
});
