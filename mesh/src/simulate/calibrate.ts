// Holds the model against real proxies: what it predicted, what was measured, and whether that is near enough.
import type { EffectiveValues } from "../model/effective.ts";
import type { ScenarioOutcome } from "../scenario/outcome.ts";
import type { Scenario } from "../scenario/scenario-file.ts";
import { simulate } from "./simulate.ts";

/** A scenario with what was in effect when it was driven through real proxies, and what came of it. */
export interface CalibrationRun {
  readonly name: string;
  readonly scenario: Scenario;
  /** Without the scenario's time-lapse. */
  readonly values: EffectiveValues;
  readonly outcome: ScenarioOutcome;
}

export interface Comparison {
  readonly measure: Measure;
  readonly predicted: number | undefined;
  readonly measured: number | undefined;
  /** In the unit of the measure, on either side of what was predicted. */
  readonly tolerance: number;
  readonly holds: boolean;
}

export interface Calibration {
  readonly name: string;
  readonly comparisons: readonly Comparison[];
  readonly holds: boolean;
}

/** A figure that the model has to predict. */
export interface Measure {
  readonly name: string;
  /** undefined where there is none: nothing was ejected. */
  readonly of: (outcome: ScenarioOutcome) => number | undefined;
  readonly tolerance: (predicted: number, outcome: ScenarioOutcome) => number;
  /** Why the tolerance is what it is, for the document. */
  readonly why: string;
  readonly format: (value: number) => string;
}

export const measures: readonly Measure[] = [
  {
    name: "success rate",
    of: ({ succeeded, requests }) => succeeded / requests,
    tolerance: () => 0.02,
    why: "2 points: 24 of 1,200 calls, of which chance alone moves about ten between two runs",
    format: (value) => `${(value * 100).toFixed(1)} %`,
  },
  {
    name: "retries per request",
    of: ({ retries, requests }) => retries / requests,
    tolerance: (predicted) => Math.max(0.03, predicted * 0.15),
    why: "0.03, or 15 % where that is more: a real host takes some milliseconds longer than the model's, so that its retries overlap more",
    format: (value) => value.toFixed(3),
  },
  {
    name: "first ejection",
    of: ({ ejections }) => (ejections.length === 0 ? undefined : Math.min(...ejections.map(({ atMs }) => atMs))),
    tolerance: () => 150,
    why: "150 ms: real proxies are asked every 25 ms and answer later when the processors are busy; which calls are the five errors in a row is chance",
    format: (value) => `${(value / 1000).toFixed(2)} s`,
  },
  {
    name: "refused by a breaker",
    of: ({ refused }) => refused,
    tolerance: (predicted, { requests }) => Math.max(0.2 * predicted, 0.01 * requests),
    why: "20 %, or 1 % of the calls where that is more: what is refused is the difference of two large numbers, the load and what the hosts can do",
    format: (value) => value.toFixed(0),
  },
];

/** Courses of chance whose middle is the prediction; one alone would be held against chance as much as the model. */
const seeds = Array.from({ length: 21 }, (_, index) => index + 1);

export function calibrate({ name, scenario, values, outcome }: CalibrationRun): Calibration {
  const predictions = seeds.map((seed) => simulate(scenario, values, seed));
  const comparisons = measures.map((measure): Comparison => {
    const predicted = middle(predictions.map(measure.of));
    const measured = measure.of(outcome);
    const tolerance = measure.tolerance(predicted ?? 0, outcome);
    const holds =
      predicted === undefined || measured === undefined
        ? predicted === measured
        : Math.abs(measured - predicted) <= tolerance;
    return { measure, predicted, measured, tolerance, holds };
  });
  return { name, comparisons, holds: comparisons.every(({ holds }) => holds) };
}

/** The median; undefined where most have none. */
function middle(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  return known.length * 2 < values.length ? undefined : known[Math.floor(known.length / 2)];
}
