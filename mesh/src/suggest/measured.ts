// What was measured of one call, from whichever source.
import type { Histogram } from "./histogram.ts";

export interface Measured {
  readonly caller: string;
  readonly service: string;
  /** undefined: of all methods together, since the metric does not tell them apart. */
  readonly method: string | undefined;
  readonly latency: Histogram;
  /** The highest rate of all proxies of the caller together. */
  readonly peakPerSecond: number;
}

export interface Measurement {
  readonly measured: readonly Measured[];
  /** What was found and could not be used, and why. */
  readonly ignored: readonly string[];
}
