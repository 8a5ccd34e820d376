import { describe, expect, it } from "vitest";
import type { Mesh } from "../model/mesh.ts";
import { type MeshText, meshOf } from "../model/testing/mesh-of.ts";
import { compareMeshes } from "./compare-meshes.ts";
import { formatDifference } from "./print-difference.ts";

const policy = `service: t.v1.Seats
workload: seats
port: { number: 1 }
replicas: { dev: 1, live: 3 }
defaults:
  timeout: 800ms
  retries: { attempts: 2, perTry: 250ms, on: [unavailable] }
methods:
  Hold: { timeout: 1s, retries: none }
breaker: { requests: 400, retryBudget: 20% }
`;

const callers = `callers:
  web:
    calls: { t.v1.Seats: all }
  booking:
    calls: { t.v1.Seats: [Hold] }
`;

function seatsMesh(changed: Partial<MeshText> = {}, seats: string = policy): Mesh {
  return meshOf({
    protos: {
      "seats.proto": `syntax = "proto3"; package t.v1; message M {}
        service Seats { rpc Hold(M) returns (M); rpc List(M) returns (M); rpc Get(M) returns (M); }`,
    },
    policies: { "policies/seats.yaml": seats },
    callers,
    ...changed,
  });
}

const rowsOf = (from: Mesh, to: Mesh): string[] =>
  compareMeshes(from, to).calls.map(
    (found) => `${found.caller} ${found.method} ${found.field}: ${found.from.text} → ${found.to.text}`,
  );

const overlayOf = (text: string): Mesh => seatsMesh({ overlay: `services: { t.v1.Seats: ${text} }` });

describe("compareMeshes", () => {
  it("finds no difference between equal meshes", () => {
    expect(compareMeshes(seatsMesh(), seatsMesh())).toMatchObject({ calls: [], replicas: [] });
  });

  it("finds no difference where the same is written otherwise", () => {
    const otherwise = policy.replace("timeout: 800ms", "timeout: 0.8s").replace("perTry: 250ms, ", "");
    expect(rowsOf(seatsMesh(), seatsMesh({ overlay: "services: {}" }, otherwise))).toEqual([
      "web List retryPerTryMs: 250ms → none",
      "web Get retryPerTryMs: 250ms → none",
    ]);
  });

  it("compares each method with what overlays change", () => {
    expect(rowsOf(seatsMesh(), overlayOf("{ methods: { List: { timeout: 1s } } }"))).toEqual([
      "web List timeoutMs: 800ms → 1s",
    ]);
  });

  it("names the line of each side", () => {
    const [found] = compareMeshes(seatsMesh(), overlayOf("{ breaker: { requests: 300 } }")).calls;
    expect(found).toMatchObject({
      field: "maxRequests",
      from: { value: 400, source: { kind: "file", file: "policies/seats.yaml", line: 10 } },
      to: { value: 300, source: { kind: "file", file: "overlays/dev.yaml", line: 1 } },
    });
  });

  it("leaves out what has no effect beside the rest", () => {
    expect(rowsOf(seatsMesh(), overlayOf("{ breaker: { maxRetries: 7 } }"))).toEqual([]);
    expect(
      rowsOf(seatsMesh(), overlayOf("{ methods: { Hold: { retries: { attempts: 1, perTry: 100ms } } } }")),
    ).toContain("web Hold retryPerTryMs: - → 100ms");
  });

  it("tells a new right, and compares such a call no further", () => {
    const now = seatsMesh({ callers: callers.replace("[Hold]", "[Hold, List]"), overlay: "services: {}" });
    expect(rowsOf(seatsMesh(), now)).toEqual(["booking List allowed: denied → allowed"]);
  });

  it("tells a new method", () => {
    const protos = {
      "seats.proto": `syntax = "proto3"; package t.v1; message M {}
        service Seats { rpc Hold(M) returns (M); rpc List(M) returns (M); rpc Get(M) returns (M); rpc New(M) returns (M); }`,
    };
    expect(rowsOf(seatsMesh(), seatsMesh({ protos }))).toEqual(["web New allowed: no such method → allowed"]);
  });

  it("tells how many replicas run", () => {
    expect(compareMeshes(seatsMesh(), seatsMesh({ environment: "live" })).replicas).toEqual([
      { workload: "seats", from: 1, to: 3 },
    ]);
  });
});

describe("formatDifference", () => {
  const print = (from: Mesh, to: Mesh, fromPrefix = ""): string[] =>
    formatDifference(to.catalog, compareMeshes(from, to), { from: "dev", to: "live", fromPrefix }).split("\n");

  it("tells calls that differ alike as one", () => {
    expect(print(seatsMesh(), overlayOf("{ breaker: { requests: 300 }, defaults: { timeout: 1s } }"))).toEqual([
      "CALLER        CALLED              FIELD     DEV    LIVE  WHERE",
      "web, booking  Seats: all 4 calls  requests  400    300   policies/seats.yaml:10 → overlays/dev.yaml:1",
      "web           Seats: List, Get    timeout   800ms  1s    policies/seats.yaml:6 → overlays/dev.yaml:1",
      "",
      "4 of 4 calls differ in effect between dev and live.",
    ]);
  });

  it("names the ref before the files of the older side, and not before defaults", () => {
    const [, first] = print(seatsMesh(), overlayOf("{ defaults: { timeout: 1s } }"), "main:");
    expect(first).toContain("main:policies/seats.yaml:6 → overlays/dev.yaml:1");
    const [, connect] = print(seatsMesh(), overlayOf("{ connectTimeout: 1s }"), "main:");
    expect(connect).toMatch(/ {2}default → overlays\/dev\.yaml:1$/);
  });

  it("says so where nothing differs", () => {
    expect(print(seatsMesh(), seatsMesh())).toEqual(["dev and live have the same effect on all 4 calls."]);
  });
});
