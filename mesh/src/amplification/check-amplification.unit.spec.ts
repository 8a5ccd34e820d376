import { describe, expect, it } from "vitest";
import { UsageError } from "../exit-codes.ts";
import { checkAmplification } from "./check-amplification.ts";
import { formatAmplification } from "./print-amplification.ts";
import { chainOf } from "./testing/chain-of.ts";

describe("checkAmplification", () => {
  it("passes at the limit", () => {
    const report = checkAmplification(chainOf(["a"], { a: { retries: 3 } }));
    expect(report.limit).toEqual({ value: 4, file: "mesh.yaml", line: 6 });
    expect(report.above).toEqual([]);
  });

  it("names the retries of which any suffices, the outer first", () => {
    const mesh = chainOf(["a"], { a: { retries: 2, calls: ["b"] }, b: { retries: 2 } });
    const [above] = checkAmplification(mesh).above;
    expect(above).toMatchObject({ service: "t.b.B", worst: 9 });
    expect(above?.cuts.map(({ call, kind, from, left }) => [call.service, kind, from, left])).toEqual([
      ["t.a.A", "mesh", "policies/a.yaml:1", 3],
      ["t.b.B", "mesh", "policies/b.yaml:1", 3],
    ]);
  });

  it("names retries in code apart from those of the proxy", () => {
    const mesh = chainOf(["a"], { a: { retries: 0, calls: ["b"], retriesInCode: { b: 4 } }, b: { retries: 1 } });
    expect(checkAmplification(mesh).above[0]?.cuts.map(({ kind, left }) => [kind, left])).toEqual([["code", 2]]);
  });

  it("names the retries to give up together where none suffices alone", () => {
    const mesh = chainOf(["a"], {
      a: { retries: 2, calls: ["b"] },
      b: { retries: 2, calls: ["c"] },
      c: { retries: 2 },
    });
    const above = checkAmplification(mesh).above.find(({ service }) => service === "t.c.C");
    expect(above?.cuts.map(({ call, left }) => [call.service, left])).toEqual([
      ["t.a.A", 9],
      ["t.b.B", 3],
    ]);
  });

  it("says so where paths, not retries, are too many", () => {
    const calls = ["b", "b", "b", "b", "b"];
    const mesh = chainOf(["a"], { a: { retries: 0, calls: ["b"], during: { DoA: calls } }, b: { retries: 0 } });
    const report = checkAmplification(mesh);
    expect(report.above[0]).toMatchObject({ worst: 5, cuts: [] });
    expect(formatAmplification(mesh.catalog, report)).toContain("no retries to cut");
  });

  it("lists the methods of which it had to assume the calls", () => {
    const mesh = chainOf(["a"], { a: { retries: 0, calls: ["b"] }, b: { retries: 0 } });
    expect(checkAmplification(mesh).assumed).toEqual([{ workload: "a", service: "t.a.A", methods: ["DoA"] }]);
  });

  it("refuses a mesh without an edge", () => {
    expect(() => checkAmplification(chainOf([], { a: { retries: 0 } }))).toThrow(UsageError);
  });
});

describe("formatAmplification", () => {
  it("prints the heaviest first, then the path and what to cut", () => {
    const mesh = chainOf(["a"], { a: { retries: 2, budget: "20%", calls: ["b"] }, b: { retries: 2 } });
    expect(formatAmplification(mesh.catalog, checkAmplification(mesh)).split("\n")).toEqual([
      "CALL AT THE EDGE  SERVICE  WORST  SUSTAINED  TRIES ON THE WAY",
      "web → A: DoA      B            9       3.75  ×3 → B/DoB ×3",
      "web → A: DoA      A            3       1.25  ×3",
      "",
      "Assumed that each call its workload may make is made once, since `during` in callers.yaml is silent on:",
      "  a: A/{DoA}",
      "",
      "web → A/DoA: 9 requests at B; the limit is 4 (mesh.yaml:6)",
      "  path: web → A/DoA ×3 → B/DoB ×3 = 9",
      "  cut any one of these:",
      "    retries of web → A/DoA (policies/a.yaml:1): leaves 3",
      "    retries of a → B/DoB (policies/b.yaml:1): leaves 3",
    ]);
  });

  it("says what is left below the limit", () => {
    const mesh = chainOf(["a"], { a: { retries: 1 } });
    expect(formatAmplification(mesh.catalog, checkAmplification(mesh))).toContain(
      "At most 2 requests at any service for one call at the edge; the limit is 4 (mesh.yaml:6).",
    );
  });
});
