// A mesh of one service with two methods, and series of it, for tests.
import type { Mesh } from "../../model/mesh.ts";
import { meshOf } from "../../model/testing/mesh-of.ts";
import type { Series } from "../range-data.ts";

export const seats = "cinema.seats.v1.SeatService";

/** `List` is retried, `Hold` is not; three hosts, two proxies of `web` and one of `booking`. */
export function seatsMesh(): Mesh {
  return meshOf({
    protos: {
      "seats.proto": `syntax = "proto3"; package cinema.seats.v1; message M {}
        service SeatService { rpc Hold(M) returns (M); rpc List(M) returns (M); }`,
    },
    policies: {
      "policies/seats.yaml": `service: ${seats}
workload: seats
port: { number: 1 }
replicas: 3
defaults:
  timeout: 800ms
  retries: { attempts: 2, perTry: 250ms, on: [unavailable], backoff: 10ms..25ms }
methods:
  Hold: { timeout: 1s, retries: none }
connectTimeout: 200ms
breaker: { requests: 400, pending: 100, retryBudget: 25% }
`,
    },
    callers: `callers:
  web: { edge: true, replicas: 2, calls: { ${seats}: all } }
  booking: { calls: { ${seats}: [Hold] } }
`,
  });
}

/**
 * Series of a histogram in which, per minute, so many requests took at most so many milliseconds.
 *
 * @param minutes the counts of each minute, by bound; `+Inf` counts all
 */
export function bucketSeries(
  labels: Readonly<Record<string, string>>,
  minutes: readonly Readonly<Record<string, number>>[],
): Series[] {
  const bounds = [...new Set(minutes.flatMap((minute) => Object.keys(minute)))];
  return bounds.map((le) => ({
    labels: { ...labels, le },
    growth: minutes.map((minute, index) => ({ atSeconds: 60 * (index + 1), seconds: 60, count: minute[le] ?? 0 })),
  }));
}
