// A small mesh that is made for tests: every kind of policy once, and values that no default has.
import type { Mesh } from "../../../model/mesh.ts";
import { meshOf } from "../../../model/testing/mesh-of.ts";
import type { EnvoyPlacement } from "../placement.ts";

const stockProto = `
syntax = "proto3";
package shop.stock.v1;
service StockService {
  rpc GetItem(Request) returns (Response) { option idempotency_level = NO_SIDE_EFFECTS; }
  rpc Adjust(Request) returns (Response);
  rpc Watch(Request) returns (stream Response);
}`;

const tillProto = `
syntax = "proto3";
package shop.till.v1;
service TillService {
  rpc Pay(Request) returns (Response);
  rpc Check(Request) returns (Response) { option idempotency_level = NO_SIDE_EFFECTS; }
}`;

const stock = `
service: shop.stock.v1.StockService
workload: stock
port: { number: 7001, name: grpc, appProtocol: grpc }
replicas: 2
defaults:
  timeout: 700ms
  retries: { attempts: 3, perTry: 200ms, on: [unavailable, reset-before-request], backoff: 15ms..150ms }
methods:
  Adjust: { timeout: 900ms, retries: none }
  Watch: { timeout: none, retries: none }
connectTimeout: 750ms
breaker: { requests: 321, pending: 32, connections: 16, retryBudget: 15%, retryMinimum: 5 }
ejection: { after: [4 gateway errors, 9 errors], interval: 3s, base: 12s, max: 50%, minHealth: 20% }
loadBalancing: ROUND_ROBIN
locality: failover
`;

const till = `
service: shop.till.v1.TillService
workload: till
port: { number: 7002, name: grpc, appProtocol: grpc }
defaults:
  timeout: 2s
methods:
  Pay: { retries: none, fault: { abort: { status: UNAVAILABLE, percent: 2.5% }, delay: { fixed: 40ms, percent: 10% } } }
breaker: { maxRetries: 7 }
ejection: none
`;

const callers = `
callers:
  web:
    edge: true
    serviceAccount: web-front
    calls:
      shop.stock.v1.StockService: [GetItem, Watch]
      shop.till.v1.TillService: all
  till:
    calls:
      shop.stock.v1.StockService: [GetItem, Adjust]
`;

/** `web` calls `stock` and `till`; `till` calls `stock`. */
export const shopMesh = (): Mesh =>
  meshOf({
    protos: { "stock.proto": stockProto, "till.proto": tillProto },
    policies: { "policies/stock.yaml": stock, "policies/till.yaml": till },
    callers,
  });

/** Two replicas of `stock` in two zones, all on loopback. */
export function shopPlacement(workload: "web" | "till" | "stock"): EnvoyPlacement {
  const inbound = {
    web: undefined,
    till: { address: "127.0.0.1", port: 17_002, appAddress: "127.0.0.1", appPort: 27_002 },
    stock: { address: "127.0.0.1", port: 17_001, appAddress: "127.0.0.1", appPort: 27_001 },
  }[workload];
  const toStock = {
    listenAddress: "127.0.0.1",
    listenPort: 7_001,
    endpoints: [
      { address: "127.0.0.1", port: 17_001, zone: "a" },
      { address: "127.0.0.1", port: 17_011, zone: "b" },
    ],
  };
  const toTill = {
    listenAddress: "127.0.0.1",
    listenPort: 7_002,
    endpoints: [{ address: "127.0.0.1", port: 17_002, zone: "a" }],
  };
  const outbound = { web: { stock: toStock, till: toTill }, till: { stock: toStock }, stock: {} }[workload];
  return {
    nodeId: `${workload}-1`,
    adminPort: 15_000,
    zone: "a",
    ...(inbound && { inbound }),
    outbound,
    credentials: {
      certificateFile: "credentials/cert-chain.pem",
      privateKeyFile: "credentials/key.pem",
      authorityFile: "credentials/root-cert.pem",
    },
  };
}
