// Puts the ends of calls into few words and figures.
import type { CallResult } from "./client.ts";

/** How often each status came, the most frequent first. */
export function countStatuses(results: readonly CallResult[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { status } of results) counts.set(status, (counts.get(status) ?? 0) + 1);
  return new Map([...counts].sort(([a, many], [b, few]) => few - many || a.localeCompare(b)));
}

/** `298 OK, 2 UNAVAILABLE`. */
export function describeStatuses(results: readonly CallResult[]): string {
  const parts = [...countStatuses(results)].map(([status, count]) => `${count} ${status}`);
  return parts.length === 0 ? "no call" : parts.join(", ");
}

/** How many ended with the status. */
export const countOf = (results: readonly CallResult[], status: string): number =>
  results.filter((result) => result.status === status).length;

export interface LatencyFigures {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** In milliseconds, by nearest rank; zeros where there is nothing. */
export function latencyFigures(results: readonly CallResult[]): LatencyFigures {
  const sorted = results.map(({ latencyMs }) => latencyMs).sort((a, b) => a - b);
  const rank = (percent: number): number => sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? 0;
  return { p50: rank(50), p90: rank(90), p99: rank(99), max: rank(100) };
}
