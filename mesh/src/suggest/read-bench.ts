// The report of a load run, as `npm run bench -- --json` prints it.
import { z } from "zod";
import { UsageError } from "../exit-codes.ts";
import type { Measured } from "./measured.ts";

const reportShape = z.object({
  accepted: z.number(),
  acceptedPerSecond: z.number(),
  acceptLatencyMs: z.object({ p50: z.number(), p95: z.number(), p99: z.number(), max: z.number() }),
});

/**
 * Reads these fields and no others: `accepted` (requests), `acceptedPerSecond` (taken as the highest rate) and
 * `acceptLatencyMs` with `p50`, `p95`, `p99` and `max`. The report does not say which method they are of, so the call is
 * named beside it. Its latencies are those of the client of the edge, so they bound those of the call from above; a
 * quantile that it does not have is the next larger one: p99.9 is `max`.
 *
 * @throws UsageError when a field is missing
 */
export function readBench(
  text: string,
  from: string,
  call: { readonly caller: string; readonly service: string; readonly method: string },
): Measured {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${from}: not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  const parsed = reportShape.safeParse(json);
  if (!parsed.success) {
    const missing = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ");
    throw new UsageError(`${from}: not a report of a load run: ${missing}`);
  }
  const { accepted, acceptedPerSecond, acceptLatencyMs: latency } = parsed.data;
  const buckets = [
    { boundMs: latency.p50, count: accepted * 0.5 },
    { boundMs: latency.p95, count: accepted * 0.95 },
    { boundMs: latency.p99, count: accepted * 0.99 },
    { boundMs: latency.max, count: accepted },
  ];
  return { ...call, latency: { buckets, interpolate: false }, peakPerSecond: acceptedPerSecond };
}
