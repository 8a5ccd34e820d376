// What the policies can say and Istio cannot. A rendering that quietly means something else would be worse than none.
import { type FileFault, MeshFilesError } from "../../files/positioned.ts";
import type { Effective, EffectiveField, EffectiveValues } from "../../model/effective.ts";
import { formatValue, labelOf } from "../../model/format-effective.ts";
import { unlimited } from "../../model/istio-defaults.ts";

/** Fields of the API that are 32-bit numbers with a sign. */
const largest = 2 ** 31 - 1;

type Check = (value: number, values: EffectiveValues) => string | undefined;

const wholeMs = (ms: number): string | undefined =>
  ms >= 1 && Number.isInteger(ms) ? undefined : "Istio takes whole milliseconds, at least 1; a timeout of 0 is `none`";
const wholePercent = (share: number): string | undefined =>
  Number.isInteger(share) ? undefined : "Istio takes whole percentages here";
const limit = (count: number): string | undefined =>
  count === unlimited || (count >= 1 && count <= largest) ? undefined : `Istio takes 1 to ${largest} here`;

const checks: Partial<Record<EffectiveField, Check>> = {
  timeoutMs: wholeMs,
  retryPerTryMs: wholeMs,
  retryBackoffBaseMs: wholeMs,
  retryBackoffMaxMs: (ms, { retryBackoffBaseMs }) =>
    ms === 10 * retryBackoffBaseMs
      ? undefined
      : `a VirtualService names the first pause only and Envoy makes the longest ten times as long: write ${formatValue("retryBackoffBaseMs", retryBackoffBaseMs)}..${formatValue("retryBackoffMaxMs", 10 * retryBackoffBaseMs)}`,
  connectTimeoutMs: wholeMs,
  maxRequests: limit,
  maxPending: limit,
  maxConnections: limit,
  maxRetries: (count, { retryBudgetPercent }) => (retryBudgetPercent === null ? limit(count) : undefined),
  retryBudgetMinimum: (count, { retryBudgetPercent }) =>
    count > 0 || retryBudgetPercent === null ? undefined : "Istio takes 0 for not said, which is 3",
  ejectAfterGatewayErrors: limit,
  ejectAfterErrors: limit,
  ejectIntervalMs: wholeMs,
  ejectBaseMs: wholeMs,
  ejectMaxPercent: (share) => (share === 0 ? "Istio takes 0 for not said, which is 10 %" : wholePercent(share)),
  ejectMinHealthPercent: wholePercent,
};

/** @returns each value that a VirtualService or a DestinationRule has no way to say, at the line that says it */
export function unsayable(effective: Effective, values: EffectiveValues): FileFault[] {
  return (Object.keys(checks) as (keyof typeof checks)[]).flatMap((field) => {
    const { value, source } = effective[field];
    if (typeof value !== "number" || source.kind !== "file") return [];
    const message = checks[field]?.(value, values);
    return message === undefined
      ? []
      : [{ file: source.file, line: source.line, field: labelOf(field), message: `${String(value)}: ${message}` }];
  });
}

/** @throws MeshFilesError with every fault, each once */
export function refuse(faults: readonly FileFault[]): void {
  const once = new Map(faults.map((fault) => [`${fault.file}:${fault.line}:${fault.field}`, fault]));
  if (once.size > 0) throw new MeshFilesError([...once.values()]);
}
