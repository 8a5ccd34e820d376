import { describe, expect, it } from "vitest";
import { drawOutcomes } from "./outcome-chart.ts";
import { ejectionTable, figuresOf, outcomeTable } from "./outcome-table.ts";
import { simulate } from "./simulate.ts";
import { plainScenario, plainValues } from "./testing/plain.ts";

const scenario = plainScenario({
  events: [{ at: "1s", hosts: ["two"], does: { fails: { status: "UNAVAILABLE", percent: "100%" } } }],
});
const without = { label: "without", outcome: simulate(scenario, plainValues()) };
const withRetries = {
  label: "with",
  outcome: simulate(scenario, plainValues({ retryAttempts: 2, retryOn: ["unavailable"], ejectAfterGatewayErrors: 5 })),
};

/** The cells of the row that begins with the label. */
const row = (table: string, label: string): string[] =>
  table
    .split("\n")
    .find((line) => line.startsWith(label))
    ?.slice(label.length)
    .trim()
    .split(/ {2,}/) ?? [];

describe("the table of outcomes", () => {
  it("shows one policy", () => {
    const table = outcomeTable([without]);
    const { succeeded, failed } = without.outcome;
    expect(row(table, "requests ")).toEqual(["1000"]);
    expect(row(table, "success rate")).toEqual([`${(succeeded / 10).toFixed(2)}%`]);
    expect(row(table, "failed")).toEqual([`${failed["UNAVAILABLE"]} UNAVAILABLE`]);
    expect(row(table, "first refused by a breaker")).toEqual(["never"]);
  });

  it("shows two policies with their difference", () => {
    const table = outcomeTable([without, withRetries]);
    const gained = withRetries.outcome.succeeded - without.outcome.succeeded;
    expect(row(table, "requests ")).toEqual(["1000", "1000", "="]);
    expect(row(table, "success rate")[2]).toBe(`+${(gained / 10).toFixed(2)}%`);
    expect(row(table, "retries ")).toEqual([
      "0",
      String(withRetries.outcome.retries),
      `+${withRetries.outcome.retries}`,
    ]);
  });

  it("counts tries per request as amplification, and good answers until the last one as goodput", () => {
    const { amplification, goodputPerSecond } = figuresOf(withRetries.outcome);
    expect(amplification).toBeCloseTo(1 + withRetries.outcome.retries / 1_000, 5);
    expect(goodputPerSecond).toBeCloseTo((withRetries.outcome.succeeded * 1_000) / withRetries.outcome.endMs, 5);
  });

  it("lists ejections, or says that there were none", () => {
    expect(ejectionTable(without)).toBe("without: no host was ejected");
    expect(ejectionTable(withRetries)).toMatch(/^with:\nEJECTED .*\ntwo +1 +1\.\d\ds +the end$/);
    const many = {
      label: "many",
      outcome: { ...withRetries.outcome, ejections: new Array(25).fill(withRetries.outcome.ejections[0]) },
    };
    expect(ejectionTable(many)).toContain("… and 5 more");
  });
});

describe("the chart of outcomes", () => {
  it("draws offered, good, failed, tries, refused, latency and ejections, of each policy but for what is offered", () => {
    const paths = (svg: string): number => svg.match(/<path /g)?.length ?? 0;
    expect(paths(drawOutcomes("failing", scenario, [without]))).toBe(7);
    const both = drawOutcomes("failing", scenario, [without, withRetries]);
    expect(paths(both)).toBe(13);
    expect(both).toContain(">good, with</text>");
    expect(both).toContain(">two UNAVAILABLE 100%</text>");
  });
});
