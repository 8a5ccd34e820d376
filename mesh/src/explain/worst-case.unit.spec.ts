import { describe, expect, it } from "vitest";
import { valuesOf } from "../model/effective.ts";
import { istioDefaults } from "../model/istio-defaults.ts";
import { describeWorstCase, worstCase } from "./worst-case.ts";

const of = (values: Partial<ReturnType<typeof valuesOf>>) =>
  worstCase({ ...valuesOf(istioDefaults("1.31")), ...values });

describe("the worst case of a call", () => {
  it("ends with the last try where all of them fit into the timeout", () => {
    // 3 × 200 ms, and pauses of at most 10 × (2 − 1) and 10 × (4 − 1) ms
    const worst = of({
      timeoutMs: 800,
      retryAttempts: 2,
      retryPerTryMs: 200,
      retryBackoffBaseMs: 10,
      retryBackoffMaxMs: 100,
    });
    expect(worst).toEqual({ tries: 3, lastsMs: 640, endedBy: "tries" });
    expect(describeWorstCase(worst)).toBe("worst case 3 tries, at most 640ms (every try and pause at its longest)");
  });

  it("ends with the timeout where that comes first", () => {
    const worst = of({ timeoutMs: 500, retryAttempts: 2, retryPerTryMs: 200 });
    expect(worst).toEqual({ tries: 3, lastsMs: 500, endedBy: "timeout" });
    expect(describeWorstCase(worst)).toBe("worst case 3 tries, at most 500ms (the timeout)");
  });

  it("heeds no time per try that is as long as the timeout", () => {
    expect(of({ timeoutMs: 500, retryAttempts: 1, retryPerTryMs: 500 })).toMatchObject({
      lastsMs: 500,
      endedBy: "timeout",
    });
  });

  it("has no end by Istio's defaults", () => {
    expect(describeWorstCase(of({}))).toBe("worst case 3 tries, and nothing ends a call that hangs");
  });

  it("is one try without retries", () => {
    expect(describeWorstCase(of({ timeoutMs: 2_000, retryAttempts: 0 }))).toBe(
      "worst case 1 try, at most 2s (the timeout)",
    );
  });
});
