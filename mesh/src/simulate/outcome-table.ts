// The figures of a scenario as people read them: one policy, or two side by side.
import { type Cell, formatTable } from "../output/table.ts";
import type { NamedOutcome } from "./outcome-chart.ts";
import type { SimulatedOutcome } from "./simulate.ts";

/** The figures that a policy is judged by, derived from the outcome. */
export interface Figures {
  /** Good answers per second of the scenario, until the last answer. */
  readonly goodputPerSecond: number;
  /** 0 to 1. */
  readonly successRate: number;
  /** Tries that reached a host, per request. */
  readonly amplification: number;
  readonly retriesPerRequest: number;
}

export function figuresOf(outcome: SimulatedOutcome): Figures {
  const { requests, succeeded, tries, retries, endMs } = outcome;
  const reached = Object.values(tries).reduce((total, count) => total + count, 0);
  return {
    goodputPerSecond: endMs === 0 ? 0 : (succeeded * 1000) / endMs,
    successRate: requests === 0 ? 0 : succeeded / requests,
    amplification: requests === 0 ? 0 : reached / requests,
    retriesPerRequest: requests === 0 ? 0 : retries / requests,
  };
}

interface Row {
  readonly label: string;
  readonly value: (outcome: SimulatedOutcome) => number;
  readonly format: (value: number) => string;
  /** What is better: more of it, or less; undefined: neither by itself. */
  readonly better?: "more" | "less";
}

const count = (value: number): string => String(Math.round(value));
const rate = (value: number): string => `${(value * 100).toFixed(2)}%`;
const ms = (value: number): string => `${value.toFixed(1)}ms`;
const fixed = (value: number): string => value.toFixed(3);

const rows: readonly Row[] = [
  { label: "requests", value: ({ requests }) => requests, format: count },
  {
    label: "goodput per second",
    value: (each) => figuresOf(each).goodputPerSecond,
    format: (v) => v.toFixed(1),
    better: "more",
  },
  { label: "success rate", value: (each) => figuresOf(each).successRate, format: rate, better: "more" },
  {
    label: "amplification (tries / requests)",
    value: (each) => figuresOf(each).amplification,
    format: fixed,
    better: "less",
  },
  { label: "retries", value: ({ retries }) => retries, format: count },
  { label: "retries refused by the budget", value: ({ retriesRefused }) => retriesRefused, format: count },
  { label: "requests refused by a breaker", value: ({ refused }) => refused, format: count, better: "less" },
  { label: "latency p50", value: ({ latencyMs }) => latencyMs.p50, format: ms, better: "less" },
  { label: "latency p90", value: ({ latencyMs }) => latencyMs.p90, format: ms, better: "less" },
  { label: "latency p99", value: ({ latencyMs }) => latencyMs.p99, format: ms, better: "less" },
  { label: "ejections", value: ({ ejections }) => ejections.length, format: count },
];

/** @param outcomes one, or two whose differences are to be seen */
export function outcomeTable(outcomes: readonly NamedOutcome[]): string {
  const [first, second] = outcomes;
  if (first === undefined) return "";
  const columns = ["", ...outcomes.map(({ label }) => ({ title: label, align: "right" as const }))];
  const compared = second === undefined ? [] : [{ title: "difference", align: "right" as const }];
  const body = rows.map((row): Cell[] => [
    row.label,
    ...outcomes.map(({ outcome }) => row.format(row.value(outcome))),
    ...(second === undefined ? [] : [difference(row, row.value(first.outcome), row.value(second.outcome))]),
  ]);
  const failures = ["failed", ...outcomes.map(({ outcome }) => failedBy(outcome))];
  const trips = ["first refused by a breaker", ...outcomes.map(({ outcome }) => atTime(outcome.firstRefusedMs))];
  const texts = [failures, trips].map((row) => (second === undefined ? row : [...row, ""]));
  return formatTable([...columns, ...compared], [...body, ...texts]);
}

/** Who was ejected, by which proxy, when, and until when. */
export function ejectionTable({ label, outcome }: NamedOutcome, most = 20): string {
  const { ejections } = outcome;
  if (ejections.length === 0) return `${label}: no host was ejected`;
  const shown = ejections.slice(0, most);
  const table = formatTable(
    ["ejected", "proxy", { title: "at", align: "right" }, { title: "until", align: "right" }],
    shown.map(({ host, proxy, atMs, untilMs }) => [
      host,
      proxy ?? "",
      atTime(atMs),
      untilMs === undefined ? "the end" : atTime(untilMs),
    ]),
  );
  const more = ejections.length - shown.length;
  const whole = more > 0 ? `${table}\n… and ${more} more (--json lists all)` : table;
  return `${label}:\n${whole}`;
}

const failedBy = ({ failed }: SimulatedOutcome): string =>
  Object.entries(failed)
    .map(([status, times]) => `${times} ${status}`)
    .join("\n") || "0";

const atTime = (value: number | undefined): string => (value === undefined ? "never" : `${(value / 1000).toFixed(2)}s`);

function difference({ format, better }: Row, first: number, second: number): Cell {
  const change = second - first;
  const shown = format(Math.abs(change));
  // What rounds away is no difference.
  if (shown === format(0)) return "=";
  const text = `${change > 0 ? "+" : "−"}${shown}`;
  if (better === undefined) return text;
  return { text, tone: change > 0 === (better === "more") ? "good" : "bad" };
}
