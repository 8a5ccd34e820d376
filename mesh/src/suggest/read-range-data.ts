// Turns series of histogram buckets into what was measured of each call.
import type { Mesh } from "../model/mesh.ts";
import type { Bucket } from "./histogram.ts";
import { identifySeries, type LabelNames, type SeriesCall } from "./identify-series.ts";
import type { Measured, Measurement } from "./measured.ts";
import type { Series } from "./range-data.ts";

export interface SeriesOptions {
  readonly labels: LabelNames;
  /** Of series that do not name their caller. */
  readonly caller?: string | undefined;
  /** undefined: seconds where the name of the metric says so, milliseconds otherwise. */
  readonly unit?: "ms" | "s" | undefined;
}

interface Tally {
  readonly call: SeriesCall;
  readonly byBound: Map<number, number>;
  /** Requests per second of all proxies, by time. */
  readonly rates: Map<number, number>;
}

/** @returns what was measured, by caller, service and method; several proxies of a caller added */
export function readSeries(mesh: Mesh, series: readonly Series[], options: SeriesOptions): Measurement {
  const tallies = new Map<string, Tally>();
  const ignored = new Map<string, number>();
  for (const { labels, growth } of series) {
    const bound = boundOf(labels, options.unit);
    const call =
      bound === undefined
        ? "no label `le`: not a bucket of a histogram (native histograms are not read)"
        : identifySeries(mesh, labels, options.labels, options.caller);
    if (bound === undefined || typeof call === "string") {
      ignored.set(String(call), (ignored.get(String(call)) ?? 0) + 1);
      continue;
    }
    const key = `${call.caller} ${call.service}/${call.method ?? ""}`;
    const tally = tallies.get(key) ?? { call, byBound: new Map(), rates: new Map() };
    tallies.set(key, tally);
    const total = growth.reduce((sum, { count }) => sum + count, 0);
    tally.byBound.set(bound, (tally.byBound.get(bound) ?? 0) + total);
    if (bound === Infinity) {
      for (const { atSeconds, seconds, count } of growth) {
        tally.rates.set(atSeconds, (tally.rates.get(atSeconds) ?? 0) + count / seconds);
      }
    }
  }
  return {
    measured: [...tallies.values()].map(measuredOf),
    ignored: [...ignored].map(([why, count]) => `${count} series: ${why}`),
  };
}

function boundOf(labels: Readonly<Record<string, string>>, unit: SeriesOptions["unit"]): number | undefined {
  const { le } = labels;
  if (le === undefined) return undefined;
  if (le === "+Inf") return Infinity;
  const inSeconds = unit === undefined ? /_seconds(_|$)/.test(labels["__name__"] ?? "") : unit === "s";
  return Math.round(Number(le) * (inSeconds ? 1000 : 1) * 1e6) / 1e6;
}

function measuredOf({ call, byBound, rates }: Tally): Measured {
  const buckets: Bucket[] = [...byBound]
    .map(([boundMs, count]) => ({ boundMs, count }))
    .sort((a, b) => a.boundMs - b.boundMs);
  return { ...call, latency: { buckets, interpolate: true }, peakPerSecond: Math.max(0, ...rates.values()) };
}
