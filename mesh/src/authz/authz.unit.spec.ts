import { describe, expect, it } from "vitest";
import type { Mesh } from "../model/mesh.ts";
import { meshOf } from "../model/testing/mesh-of.ts";
import { compareAuthorization } from "./compare.ts";
import { authorizationMatrix, type Verdict } from "./matrix.ts";
import { formatChange, formatMatrix } from "./print-authz.ts";

const proto = (methods: readonly string[]): string =>
  `syntax = "proto3"; package t.v1; message M {} service Seats { ${methods.map((name) => `rpc ${name}(M) returns (M);`).join(" ")} }`;

function seatsMesh(callers: string, methods: readonly string[] = ["Hold", "List"]): Mesh {
  return meshOf({
    protos: { "seats.proto": proto(methods) },
    policies: { "policies/seats.yaml": "service: t.v1.Seats\nworkload: seats\nport: { number: 1 }" },
    callers,
  });
}

const base = `
callers:
  web:
    calls:
      t.v1.Seats: [List]
  booking:
    serviceAccount: bookings
    calls: { t.v1.Seats: all }
`;

const edgesOf = (verdicts: readonly Verdict[]): string[] => verdicts.map(({ caller, method }) => `${caller} ${method}`);

describe("authorizationMatrix", () => {
  it("has a verdict for every workload and method, denied where nothing is written", () => {
    const verdicts = authorizationMatrix(seatsMesh(base));
    expect(edgesOf(verdicts)).toEqual([
      "booking Hold",
      "seats Hold",
      "web Hold",
      "booking List",
      "seats List",
      "web List",
    ]);
    expect(edgesOf(verdicts.filter(({ allowed }) => allowed))).toEqual(["booking Hold", "booking List", "web List"]);
  });

  it("names the identity and the line that allows", () => {
    const [hold] = authorizationMatrix(seatsMesh(base));
    expect(hold).toMatchObject({
      identity: "spiffe://cluster.local/ns/test/sa/bookings",
      allowed: true,
      because: "callers.yaml:8",
    });
  });

  it("gives callers of one identity the rights of each other", () => {
    const mesh = seatsMesh(base.replace("serviceAccount: bookings", "serviceAccount: web"));
    const web = authorizationMatrix(mesh).find(({ caller, method }) => caller === "web" && method === "Hold");
    expect(web).toMatchObject({ allowed: true, because: "callers.yaml:8" });
  });
});

describe("compareAuthorization", () => {
  const change = (before: Mesh, now: Mesh): { widened: string[]; narrowed: string[] } => {
    const { widened, narrowed } = compareAuthorization(before, now);
    return { widened: edgesOf(widened), narrowed: edgesOf(narrowed) };
  };

  it("finds nothing between equal meshes", () => {
    expect(change(seatsMesh(base), seatsMesh(base))).toEqual({ widened: [], narrowed: [] });
  });

  it("tells what widened from what narrowed, each edge once", () => {
    const now = seatsMesh(base.replace("[List]", "[Hold]"));
    expect(change(seatsMesh(base), now)).toEqual({ widened: ["web Hold"], narrowed: ["web List"] });
  });

  it("finds no change where `all` becomes the list of all", () => {
    const now = seatsMesh(base.replace(": all", ": [Hold, List]"));
    expect(change(seatsMesh(base), now)).toEqual({ widened: [], narrowed: [] });
  });

  it("counts a new method under `all` as widened", () => {
    expect(change(seatsMesh(base), seatsMesh(base, ["Hold", "List", "Sell"]))).toEqual({
      widened: ["booking Sell"],
      narrowed: [],
    });
  });

  it("takes rights from an identity that is given up", () => {
    const now = seatsMesh(base.replace("serviceAccount: bookings", "serviceAccount: desk"));
    expect(change(seatsMesh(base), now)).toEqual({
      widened: ["booking Hold", "booking List"],
      narrowed: ["booking Hold", "booking List"],
    });
  });

  it("counts an edge of two callers with one identity once", () => {
    const shared = base.replace("serviceAccount: bookings", "serviceAccount: web");
    const none = seatsMesh("callers: {}");
    expect(change(none, seatsMesh(shared))).toEqual({ widened: ["booking Hold", "booking List"], narrowed: [] });
  });
});

describe("formatMatrix", () => {
  it("prints a column for each caller, the identities and a sum", () => {
    const mesh = seatsMesh(base);
    expect(formatMatrix(mesh.catalog, authorizationMatrix(mesh)).split("\n")).toEqual([
      "METHOD      BOOKING  SEATS  WEB",
      "Seats/Hold  allowed  -      -",
      "Seats/List  allowed  -      allowed",
      "",
      "CALLER   IDENTITY",
      "booking  spiffe://cluster.local/ns/test/sa/bookings",
      "seats    spiffe://cluster.local/ns/test/sa/seats",
      "web      spiffe://cluster.local/ns/test/sa/web",
      "",
      "3 of 6 calls are allowed; what callers.yaml does not name is denied.",
    ]);
  });

  it("names the callers in one column where there are many", () => {
    const many = Array.from({ length: 9 }, (_, index) => `  c${index}: { calls: { t.v1.Seats: [List] } }`);
    const mesh = seatsMesh(`callers:\n${many.join("\n")}`);
    const [head, hold, list] = formatMatrix(mesh.catalog, authorizationMatrix(mesh)).split("\n");
    expect([head, hold, list]).toEqual([
      "METHOD      CALLERS ALLOWED",
      "Seats/Hold  nobody",
      "Seats/List  c0, c1, c2, c3, c4, c5, c6, c7, c8",
    ]);
  });
});

describe("formatChange", () => {
  it("prints the line of now for what widened, and of the ref for what narrowed", () => {
    const now = seatsMesh(base.replace("[List]", "[Hold]"));
    expect(formatChange(now.catalog, compareAuthorization(seatsMesh(base), now), "main").split("\n")).toEqual([
      "CHANGE    CALLER  METHOD      IDENTITY                               ALLOWED BY",
      "widened   web     Seats/Hold  spiffe://cluster.local/ns/test/sa/web  callers.yaml:5",
      "narrowed  web     Seats/List  spiffe://cluster.local/ns/test/sa/web  main:callers.yaml:5",
      "",
      "Since main: 1 widened, 1 narrowed.",
    ]);
  });

  it("says so where nothing changed", () => {
    const { catalog } = seatsMesh(base);
    expect(formatChange(catalog, { widened: [], narrowed: [] }, "main")).toBe("The same calls are allowed as at main.");
  });
});
