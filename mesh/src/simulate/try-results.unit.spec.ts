import { describe, expect, it } from "vitest";
import { grpcStatuses } from "../model/grpc-status.ts";
import {
  connectFailed,
  connectionLost,
  countsAsError,
  countsAsGatewayError,
  ejectionCounts,
  retriedResults,
  statusOf,
  timedOut,
  unavailable,
} from "./try-results.ts";

const named = (results: Uint8Array, value: number): string[] => {
  const names = [...grpcStatuses, "timed out", "connection lost", "connect failed"];
  return names.filter((_, result) => results[result] === value);
};

describe("results of a try", () => {
  it.each([
    [
      ["unavailable", "connect-failure", "refused-stream"],
      ["UNAVAILABLE", "connect failed"],
    ],
    [["reset"], ["timed out", "connection lost", "connect failed"]],
    [["gateway-error"], ["timed out", "connection lost", "connect failed"]],
    [
      ["deadline-exceeded", "cancelled"],
      ["CANCELLED", "DEADLINE_EXCEEDED"],
    ],
    [["retriable-status-codes", "retriable-4xx"], []],
  ] as const)("%j retries %j", (on, expected) => {
    expect(named(retriedResults(on), 1)).toEqual(expected);
  });

  it("counts for the ejection as Envoy maps gRPC statuses to HTTP", () => {
    expect(named(ejectionCounts, countsAsGatewayError)).toEqual([
      "DEADLINE_EXCEEDED",
      "UNAVAILABLE",
      "timed out",
      "connection lost",
      "connect failed",
    ]);
    expect(named(ejectionCounts, countsAsError)).toEqual(["UNKNOWN", "UNIMPLEMENTED", "INTERNAL", "DATA_LOSS"]);
  });

  it("tells clients UNAVAILABLE of whatever the proxy ended itself", () => {
    expect([timedOut, connectionLost, connectFailed].map(statusOf)).toEqual([unavailable, unavailable, unavailable]);
  });
});
