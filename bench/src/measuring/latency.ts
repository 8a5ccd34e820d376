// Latencies in a histogram of microseconds: memory stays flat however many are recorded.
import { build } from "hdr-histogram-js";

/** Milliseconds. */
export interface Latency {
  readonly events: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export interface LatencyRecorder {
  record(ms: number): void;
  /** Undefined when nothing was recorded. */
  summary(): Latency | undefined;
}

export function createLatencyRecorder(): LatencyRecorder {
  const histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 3_600_000_000,
    numberOfSignificantValueDigits: 3,
  });
  const ms = (us: number): number => Number((us / 1000).toFixed(2));
  return {
    // Two clocks of one machine may differ by their resolution, so what took no time may seem to take less.
    record: (value) => histogram.recordValue(Math.max(0, Math.round(value * 1000))),
    summary: () =>
      histogram.totalCount === 0
        ? undefined
        : {
            events: histogram.totalCount,
            p50: ms(histogram.getValueAtPercentile(50)),
            p99: ms(histogram.getValueAtPercentile(99)),
            max: ms(histogram.maxValue),
          },
  };
}
