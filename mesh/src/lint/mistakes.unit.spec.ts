import { describe, expect, it } from "vitest";
import { readMistakes } from "./mistakes.ts";
import { runRules } from "./run-rules.ts";
import { cinemaWith } from "./testing/cinema.ts";

const mistakes = readMistakes();

describe("mistakes from public reports", () => {
  it("are at least twenty, each with a source of its own", () => {
    expect(new Set(mistakes.map(({ source }) => source)).size).toBe(mistakes.length);
    expect(mistakes.length).toBeGreaterThanOrEqual(20);
  });

  it.each(mistakes)("$name: $expect ($source)", async ({ change, expect: codes }) => {
    const { mesh, callers, policies, overlays } = change;
    const { inputs } = await cinemaWith({
      ...(mesh && { mesh }),
      ...(callers && { callers }),
      ...(policies && { policies }),
      ...(overlays && { overlays }),
    });
    const { findings } = runRules(inputs);
    expect([...new Set(findings.map(({ code }) => code))].sort()).toEqual(codes);
  });
});
