import { describe, expect, it } from "vitest";
import type { Mesh } from "../model/mesh.ts";
import { amplify } from "./amplify.ts";
import { chainOf } from "./testing/chain-of.ts";

/** Worst case and sustained case by service, for the only call at the edge. */
function reached(mesh: Mesh): Record<string, readonly [worst: number, sustained: number]> {
  return Object.fromEntries(
    amplify(mesh).amplifications.map(({ service, worst, sustained }) => [
      service,
      [worst, Number(sustained.toFixed(4))] as const,
    ]),
  );
}

describe("amplify", () => {
  it("counts one request where nothing is retried", () => {
    expect(reached(chainOf(["a"], { a: { retries: 0 } }))).toEqual({ "t.a.A": [1, 1] });
  });

  it("multiplies the tries of every layer on the way", () => {
    const mesh = chainOf(["a"], {
      a: { retries: 2, calls: ["b"] },
      b: { retries: 1, calls: ["c"] },
      c: { retries: 3 },
    });
    expect(reached(mesh)).toEqual({ "t.a.A": [3, 3], "t.b.B": [6, 6], "t.c.C": [24, 24] });
  });

  it("counts retries in code with those of the proxy", () => {
    const mesh = chainOf(["a"], { a: { retries: 0, calls: ["b"], retriesInCode: { b: 2 } }, b: { retries: 1 } });
    expect(reached(mesh)["t.b.B"]).toEqual([6, 6]);
  });

  it("adds the paths that meet at a service", () => {
    // web ×3 → a; a ×1 → b ×2 → d and a ×1 → c ×1 → d ×2: 3·2·2 + 3·1·2.
    const mesh = chainOf(["a"], {
      a: { retries: 2, calls: ["b", "c"] },
      b: { retries: 1, calls: ["d"] },
      c: { retries: 0, calls: ["d"] },
      d: { retries: 1 },
    });
    const found = amplify(mesh).amplifications.find(({ service }) => service === "t.d.D");
    expect(found).toMatchObject({ worst: 18, pathCount: 2 });
    expect(found?.paths.map(({ worst, calls }) => [worst, calls.map(({ service }) => service)])).toEqual([
      [12, ["t.a.A", "t.b.B", "t.d.D"]],
      [6, ["t.a.A", "t.c.C", "t.d.D"]],
    ]);
  });

  it("counts a call twice that is made twice", () => {
    const mesh = chainOf(["a"], { a: { retries: 0, calls: ["b"], during: { DoA: ["b", "b"] } }, b: { retries: 1 } });
    expect(reached(mesh)["t.b.B"]).toEqual([4, 4]);
  });

  it("bounds the sustained case by the retry budget of each layer", () => {
    const mesh = chainOf(["a"], {
      a: { retries: 2, budget: "20%", calls: ["b"] },
      b: { retries: 2, budget: "50%" },
    });
    expect(reached(mesh)).toEqual({ "t.a.A": [3, 1.25], "t.b.B": [9, 2.5] });
  });

  it("counts no more sustained tries than there can be at worst", () => {
    expect(reached(chainOf(["a"], { a: { retries: 1, budget: "90%" } }))).toEqual({ "t.a.A": [2, 2] });
  });

  it("bounds no retries in code by a budget", () => {
    const mesh = chainOf(["a"], {
      a: { retries: 0, calls: ["b"], retriesInCode: { b: 1 } },
      b: { retries: 2, budget: "20%" },
    });
    expect(reached(mesh)["t.b.B"]).toEqual([6, 2.5]);
  });

  it("follows `during` for a method that it names", () => {
    const mesh = chainOf(["a"], {
      a: { retries: 0, calls: ["b", "c"], during: { DoA: ["b"] } },
      b: { retries: 0 },
      c: { retries: 0 },
    });
    expect(Object.keys(reached(mesh))).toEqual(["t.a.A", "t.b.B"]);
  });

  it("leaves out what `during` does not say, where it speaks of all others", () => {
    const mesh = chainOf(["a"], { a: { retries: 0, calls: ["b"], during: { "*": [] } }, b: { retries: 0 } });
    expect(Object.keys(reached(mesh))).toEqual(["t.a.A"]);
  });

  it("leaves out a call of `during` that the mesh denies", () => {
    const mesh = chainOf(["a"], { a: { retries: 0, calls: [], during: { DoA: ["b"] } }, b: { retries: 0 } });
    expect(Object.keys(reached(mesh))).toEqual(["t.a.A"]);
  });

  it("reports a circle of calls once and ends", () => {
    const mesh = chainOf(["a", "b"], { a: { retries: 1, calls: ["b"] }, b: { retries: 1, calls: ["a"] } });
    const { cycles } = amplify(mesh);
    expect(cycles.map((cycle) => cycle.map(({ service }) => service))).toEqual([["t.a.A", "t.b.B", "t.a.A"]]);
  });

  it("reports a method that calls itself", () => {
    const mesh = chainOf(["a"], { a: { retries: 0, calls: ["a"] } });
    expect(amplify(mesh).cycles).toHaveLength(1);
  });

  it("works out a graph of very many paths at once", () => {
    // 20 layers of two services, each calling both of the next: 2^20 paths to the last.
    const layers = Array.from({ length: 20 }, (_, index) => index);
    const names = (layer: number): string[] => (layer < 20 ? [`x${layer}`, `y${layer}`] : []);
    const mesh = chainOf(
      ["x0"],
      Object.fromEntries(
        layers.flatMap((layer) => names(layer).map((name) => [name, { retries: 0, calls: names(layer + 1) }])),
      ),
    );
    const last = amplify(mesh).amplifications.find(({ service }) => service === "t.x19.X19");
    expect(last).toMatchObject({ worst: 2 ** 18, pathCount: 2 ** 18 });
  });
});
