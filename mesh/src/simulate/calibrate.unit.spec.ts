import { describe, expect, it } from "vitest";
import { calibrate } from "./calibrate.ts";
import { calibrationDocument } from "./calibration-document.ts";
import { simulate } from "./simulate.ts";
import { plainScenario, plainValues } from "./testing/plain.ts";

const scenario = plainScenario({
  lasts: "5s",
  events: [{ at: "1s", hosts: ["two"], does: { fails: { status: "UNAVAILABLE", percent: "100%" } } }],
});
const values = plainValues({ ejectAfterGatewayErrors: 5, ejectIntervalMs: 1_000 });
/** As if real proxies had done what the model does. */
const outcome = simulate(scenario, values, 99);

const failing = (changes: Partial<typeof outcome>): string[] =>
  calibrate({ name: "failing-host", scenario, values, outcome: { ...outcome, ...changes } })
    .comparisons.filter(({ holds }) => !holds)
    .map(({ measure }) => measure.name);

describe("calibration", () => {
  it("holds for what differs by chance alone", () => {
    expect(failing({})).toEqual([]);
  });

  it.each([
    ["success rate", { succeeded: outcome.succeeded - 15 }],
    ["retries per request", { retries: 20 }],
    ["first ejection", { ejections: outcome.ejections.map((each) => ({ ...each, atMs: each.atMs + 400 })) }],
    ["first ejection", { ejections: [] }],
    ["refused by a breaker", { refused: 10 }],
  ])("does not hold when %s is off", (name, changes) => {
    expect(failing(changes)).toEqual([name]);
  });

  it("is written down with every figure and its tolerance", () => {
    const good = calibrate({ name: "failing-host", scenario, values, outcome });
    const bad = calibrate({ name: "other", scenario, values, outcome: { ...outcome, retries: 20 } });
    const text = calibrationDocument([good, bad], "two test doubles");
    expect(text).toContain("**1 of 2 scenarios hold in every figure.**");
    expect(text).toContain("Measured on two test doubles.");
    expect(text).toContain("|  | retries per request | 0.000 | 0.040 | +0.040 | ±0.030 | **does not hold** |");
    const rows = text.split("\n").filter((line) => line.startsWith("|"));
    expect(rows).toHaveLength(2 + 8);
    for (const row of rows) expect(row.split("|")).toHaveLength(9);
  });
});
