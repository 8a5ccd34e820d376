// Latencies as counts below bounds, the form in which Prometheus keeps them.

/** Requests that took at most `boundMs`; the last bound is Infinity. */
export interface Bucket {
  readonly boundMs: number;
  readonly count: number;
}

export interface Histogram {
  /** By rising bounds, counts not falling. */
  readonly buckets: readonly Bucket[];
  /** Without, a quantile is the bound above it: nothing is known of what lies between. */
  readonly interpolate: boolean;
}

export const countOf = ({ buckets }: Histogram): number => buckets.at(-1)?.count ?? 0;

/**
 * The latency that `percent` of all requests stay below, in milliseconds: within its bucket by linear interpolation, as
 * Prometheus' `histogram_quantile` does.
 *
 * @returns Infinity when it lies above the largest bound, and NaN when nothing was measured
 */
export function quantileOf({ buckets, interpolate }: Histogram, percent: number): number {
  const total = buckets.at(-1)?.count ?? 0;
  if (total === 0) return Number.NaN;
  const rank = (percent / 100) * total;
  const index = buckets.findIndex(({ count }) => count >= rank);
  const { boundMs, count } = buckets[index] ?? { boundMs: Infinity, count: total };
  if (boundMs === Infinity || !interpolate) return boundMs;
  const below = buckets[index - 1] ?? { boundMs: 0, count: 0 };
  return below.boundMs + ((boundMs - below.boundMs) * (rank - below.count)) / (count - below.count);
}

/** All requests of both; of different bounds, those that both have. */
export function merge(histograms: readonly Histogram[]): Histogram {
  const [first, ...others] = histograms;
  if (first === undefined) return { buckets: [], interpolate: true };
  const countAt = ({ buckets }: Histogram, bound: number): number | undefined =>
    buckets.find(({ boundMs }) => boundMs === bound)?.count;
  return {
    interpolate: histograms.every(({ interpolate }) => interpolate),
    buckets: first.buckets.flatMap(({ boundMs, count }) => {
      const more = others.map((other) => countAt(other, boundMs));
      const known = more.filter((found) => found !== undefined);
      return known.length < more.length ? [] : [{ boundMs, count: known.reduce((sum, found) => sum + found, count) }];
    }),
  };
}

/**
 * How many requests a quantile needs so that ten lie beyond it: fewer, and it is the latency of a handful of requests.
 * 1,000 for p99, 10,000 for p99.9.
 */
export const requestsNeeded = (percent: number): number => Math.ceil(10 / (1 - percent / 100) - 1e-6);
