import { expect, test } from "vitest";
import { z } from "zod";
import { eventLogUrlAllowed } from "../event-log/event-log-url.ts";
import {
  addressList,
  ConfigError,
  formatHostPort,
  hostPort,
  parseHostPort,
  readConfig,
  redisUrl,
  serviceConfig,
} from "./index.ts";

const env = {
  ORDERMESH_INSTANCE: "order-1",
  ORDERMESH_GRPC_LISTEN: "127.0.0.1:7001",
  ORDERMESH_CONNECT_LISTEN: "[::1]:0",
  ORDERMESH_HEALTH_LISTEN: "localhost:7003",
  ORDERMESH_DATABASE_URL: "postgres://order:secret@127.0.0.1:5432/ordermesh_order",
  ORDERMESH_EVENT_LOG_URL: "postgresql://order:secret@127.0.0.1:5432/ordermesh_log",
  ORDERMESH_JWKS_FILE: "/run/jwks.json",
  ORDERMESH_JWT_ISSUER: "https://issuer.test",
  ORDERMESH_JWT_AUDIENCE: "ordermesh",
};

test("good variables are read, typed, with their defaults", () => {
  expect(readConfig(serviceConfig, env)).toMatchObject({
    ORDERMESH_GRPC_LISTEN: { host: "127.0.0.1", port: 7001 },
    ORDERMESH_CONNECT_LISTEN: { host: "::1", port: 0 },
    ORDERMESH_DATABASE_POOL: 8,
    ORDERMESH_LOG_LEVEL: "info",
    ORDERMESH_SHUTDOWN_TIMEOUT_MS: 10_000,
  });
});

test("all faults are reported together: variable, what was given, what is allowed", () => {
  const bad = {
    ...env,
    ORDERMESH_INSTANCE: "",
    ORDERMESH_GRPC_LISTEN: "127.0.0.1:70000",
    ORDERMESH_DATABASE_POOL: "many",
    ORDERMESH_LOG_LEVEL: "loud",
    ORDERMESH_EVENT_LOG_URL: "rabbits://x",
  };
  const error = faultsOf(() => readConfig(serviceConfig, bad));
  expect(error.faults).toHaveLength(5);
  expect(error.message.split("\n").sort()).toEqual([
    '  ORDERMESH_DATABASE_POOL: given "many", allowed a whole number from 1 to 1000',
    `  ORDERMESH_EVENT_LOG_URL: given "rabbits://x", allowed ${eventLogUrlAllowed}`,
    '  ORDERMESH_GRPC_LISTEN: given "127.0.0.1:70000", allowed host:port with a port of 0 to 65535, for example 127.0.0.1:7001',
    "  ORDERMESH_INSTANCE: not set, allowed 1 to 63 of a-z, 0-9 and -, for example order-1",
    '  ORDERMESH_LOG_LEVEL: given "loud", allowed fatal, error, warn, info, debug, trace or silent',
    "configuration is not valid:",
  ]);
});

test("secrets are masked in faults", () => {
  const schema = z.object({ A_URL: z.string().max(1), A_TOKEN: z.string().max(1), A_PASSWORD: z.string().max(1) });
  const given = { A_URL: "mysql://user:hunter2@db/x", A_TOKEN: "hunter2", A_PASSWORD: "hunter2" };
  const { message } = faultsOf(() => readConfig(schema, given));
  expect(message).not.toContain("hunter2");
  expect(message).toContain("mysql://user:***@db/x");
});

test.each(["", "7001", "host", "host:", "host:x", "host:65536", "a b:1", "::1:7001"])("%j is not host:port", (text) => {
  expect(parseHostPort(text)).toBeUndefined();
  expect(hostPort.safeParse(text).success).toBe(false);
});

test.each(["127.0.0.1:7001", "order.default.svc:80", "[::1]:65535"])("%s survives reading and writing", (text) => {
  const address = parseHostPort(text);
  expect(address && formatHostPort(address)).toBe(text);
});

test("a list of addresses names every replica; an empty part or port 0 is a fault", () => {
  expect(addressList.parse("127.0.0.1:1, 127.0.0.1:2")).toEqual(["127.0.0.1:1", "127.0.0.1:2"]);
  for (const bad of ["", "127.0.0.1:1,", "127.0.0.1:0"]) expect(addressList.safeParse(bad).success).toBe(false);
});

function faultsOf(read: () => unknown): ConfigError {
  try {
    read();
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error("expected a ConfigError");
}

test("the URL of a Redis is one, and its password is not told", () => {
  const schema = z.object({ ORDERMESH_REDIS_URL: redisUrl.optional() });
  const read = (url: string) => readConfig(schema, { ORDERMESH_REDIS_URL: url }).ORDERMESH_REDIS_URL;
  for (const url of ["redis://order:p%40ss@127.0.0.1:6379", "rediss://cache.internal:6380"])
    expect(read(url)).toBe(url);
  expect(read("")).toBeUndefined();
  for (const url of ["http://a:secret@b", "redis://", "redis://a:secret@b:port"]) {
    expect(() => read(url)).toThrow(/ORDERMESH_REDIS_URL: given .*allowed redis:\/\/user:password@host:port/);
    expect(() => read(url)).not.toThrow(/secret/);
  }
});
