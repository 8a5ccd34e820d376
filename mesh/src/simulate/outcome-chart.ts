// Draws what came of a scenario: one policy, or two over each other.
import type { Colour } from "../chart/chart-style.ts";
import { type Chart, type ChartLine, lineChart, type Shade } from "../chart/line-chart.ts";
import type { Disturbance, Scenario } from "../scenario/scenario-file.ts";
import type { SimulatedOutcome } from "./simulate.ts";

export interface NamedOutcome {
  /** What the policy is called, such as `production`. */
  readonly label: string;
  readonly outcome: SimulatedOutcome;
}

/** More points than this are narrower than a pixel's worth of paper. */
const mostPoints = 240;

/** @param outcomes the second is drawn in dashes */
export function drawOutcomes(name: string, scenario: Scenario, outcomes: readonly NamedOutcome[]): string {
  const buckets = Math.max(1, ...outcomes.map(({ outcome }) => outcome.series.good.length));
  const bucketMs = outcomes[0]?.outcome.series.bucketMs ?? 100;
  const perPoint = Math.ceil(buckets / mostPoints);
  const perSecond = (counts: readonly number[]): number[] =>
    chunks(counts, perPoint).map((chunk) => (sum(chunk) * 1000) / (chunk.length * bucketMs));
  const mean = (values: readonly number[]): number[] =>
    chunks(values, perPoint).map((chunk) => sum(chunk) / chunk.length);
  const highest = (values: readonly (number | null)[]): (number | null)[] =>
    chunks(values, perPoint).map((chunk) => {
      const known = chunk.filter((value) => value !== null);
      return known.length === 0 ? null : Math.max(...known);
    });
  const lines = (
    what: string,
    colour: Colour,
    read: (outcome: SimulatedOutcome) => readonly (number | null)[],
  ): ChartLine[] =>
    outcomes.map(({ label, outcome }, index) => ({
      label: outcomes.length === 1 ? what : `${what}, ${label}`,
      colour,
      dashed: index > 0,
      values: read(outcome),
    }));
  const [first] = outcomes;
  const chart: Chart = {
    title: `Scenario ${name}`,
    subtitle: `${scenario.call.caller} → ${scenario.call.service}/${scenario.call.method}`,
    stepMs: bucketMs * perPoint,
    shades: shadesOf(scenario),
    panels: [
      {
        title: "requests per second",
        lines: [
          { label: "offered", colour: "offered", values: perSecond(first?.outcome.series.offered ?? []) },
          ...lines("good", "good", ({ series }) => perSecond(series.good)),
          ...lines("failed", "failed", ({ series }) => perSecond(series.failed)),
        ],
      },
      {
        title: "tries per second, and requests per second that a breaker refused",
        lines: [
          ...lines("tries", "tries", ({ series }) => perSecond(series.tries)),
          ...lines("refused", "refused", ({ series }) => perSecond(series.refused)),
        ],
      },
      {
        title: "99th percentile of the latency, ms",
        lines: lines("p99", "latency", ({ series }) => highest(series.p99)),
      },
      {
        title: "ejected hosts, mean of the client proxies",
        lines: lines("ejected", "out", ({ series }) => mean(series.hostsOut)),
      },
    ],
  };
  return lineChart(chart);
}

function shadesOf({ events, lasts }: Scenario): Shade[] {
  return events.map(({ at, until, hosts, does }) => ({
    fromMs: at,
    untilMs: until ?? lasts,
    label: `${hosts.length > 2 ? `${hosts.length} hosts` : hosts.join(", ")} ${describe(does)}`,
  }));
}

function describe(does: Disturbance): string {
  if ("fails" in does) return `${does.fails.status} ${does.fails.percent}%`;
  if ("resets" in does) return `resets ${does.resets.percent}%`;
  if ("slow" in does) return typeof does.slow === "number" ? `slow ${does.slow}ms` : `slow p50 ${does.slow.p50}ms`;
  if ("hangs" in does) return "hangs";
  return "away" in does ? "away" : "gone";
}

function chunks<T>(values: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(values.length / size) }, (_, index) =>
    values.slice(index * size, (index + 1) * size),
  );
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
