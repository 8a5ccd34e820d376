// Timeout and time per try of a method, from the latencies of its calls.
import { formatDuration } from "../files/values.ts";
import type { Effective } from "../model/effective.ts";
import { formatValue } from "../model/format-effective.ts";
import type { Mesh } from "../model/mesh.ts";
import { resolveEffective } from "../model/resolve-effective.ts";
import { describeSource } from "../model/source.ts";
import { countOf, type Histogram, merge, quantileOf, requestsNeeded } from "./histogram.ts";
import type { Measured } from "./measured.ts";
import type { Proposal, Proposals, Wishes } from "./proposal.ts";
import { roundUpMs, show } from "./rounding.ts";

/**
 * - per try: p99 × factor, rounded up. One of a hundred tries is allowed to be slower and is tried again.
 * - timeout: p99.9 × factor, rounded up; where there are retries, no less than all tries and the longest pauses between
 *   them, so that the last try is not cut off.
 *
 * @param measured of one method, from all of its callers
 */
export function proposeMethod(mesh: Mesh, measured: readonly Measured[], wishes: Wishes): Proposals {
  const [first] = measured;
  if (first?.method === undefined) return { proposals: [], refusals: [] };
  const { caller, service, method } = first;
  const latency = merge(measured.map((one) => one.latency));
  const why = refusalOf(latency, wishes.quantile);
  if (why !== undefined) return { proposals: [], refusals: [{ service, method, why }] };

  const { effective } = resolveEffective(mesh, caller, service, method);
  const perTry = perTryOf(latency, effective, wishes);
  const calls = times(latency, wishes.quantile, wishes.factor);
  const tries = triesOf(effective, perTry?.value);
  const timeoutMs = Math.max(calls.rounded, tries?.rounded ?? 0);
  const timeout: Proposal = {
    service,
    method,
    field: "timeout",
    now: formatValue("timeoutMs", effective.timeoutMs.value),
    nowFrom: describeSource(effective.timeoutMs.source),
    proposed: formatDuration(timeoutMs),
    value: timeoutMs,
    arithmetic: [calls.text, ...(tries === undefined ? [] : [tries.text])],
  };
  return { proposals: [timeout, ...(perTry ? [{ service, method, ...perTry }] : [])], refusals: [] };
}

function refusalOf(latency: Histogram, quantile: number): string | undefined {
  const [requests, needed] = [Math.round(countOf(latency)), requestsNeeded(quantile)];
  if (requests < needed) {
    return `${requests} requests were measured; p${quantile} needs ${needed}, so that ten of them lie beyond it`;
  }
  if (quantileOf(latency, quantile) !== Infinity) return undefined;
  const largest = latency.buckets.at(-2)?.boundMs ?? 0;
  return `p${quantile} lies above the largest bucket, ${formatDuration(largest)}: the metric needs larger ones`;
}

function times(latency: Histogram, quantile: number, factor: number): { rounded: number; text: string } {
  const ms = quantileOf(latency, quantile);
  const rounded = roundUpMs(ms * factor);
  const text = `p${quantile} ${show(ms)}ms × ${factor} = ${show(ms * factor)}ms → ${formatDuration(rounded)}`;
  return { rounded, text };
}

type PerTry = Omit<Proposal, "service" | "method">;

function perTryOf(latency: Histogram, effective: Effective, { factor }: Wishes): PerTry | undefined {
  if (effective.retryAttempts.value === 0) return undefined;
  const { rounded, text } = times(latency, 99, factor);
  return {
    field: "retries.perTry",
    now: formatValue("retryPerTryMs", effective.retryPerTryMs.value),
    nowFrom: describeSource(effective.retryPerTryMs.source),
    proposed: formatDuration(rounded),
    value: rounded,
    arithmetic: [text],
  };
}

/**
 * All tries at their longest. Envoy's pause before retry k is a random share of `(2^k − 1) × base`, capped at the longest
 * pause (its router filter, `retry_back_off`).
 */
function triesOf(effective: Effective, perTryMs: number | undefined): { rounded: number; text: string } | undefined {
  if (perTryMs === undefined) return undefined;
  const retries = effective.retryAttempts.value;
  const [base, max] = [effective.retryBackoffBaseMs.value, effective.retryBackoffMaxMs.value];
  const pauses = Array.from({ length: retries }, (_, index) => Math.min((2 ** (index + 1) - 1) * base, max));
  const sum = (1 + retries) * perTryMs + pauses.reduce((total, pause) => total + pause, 0);
  const rounded = roundUpMs(sum);
  const text = `${1 + retries} tries × ${formatDuration(perTryMs)} + pauses ${pauses.map((pause) => `${pause}ms`).join(" + ")} = ${show(sum)}ms → ${formatDuration(rounded)}`;
  return { rounded, text };
}
