// What is in effect for one caller and one method, every value with its source.
import type { LoadBalancing, RetryCondition } from "../files/policy-file.ts";
import type { Sourced } from "./source.ts";

export interface Fault {
  readonly abort?: { readonly status: string; readonly percent: number };
  readonly delay?: { readonly fixedMs: number; readonly percent: number };
}

/** Durations in milliseconds, shares in percent; thresholds hold per client proxy. */
export interface EffectiveValues {
  readonly allowed: boolean;
  readonly mtls: "strict" | "permissive" | "off";
  /** For all tries and the pauses between them; null: none. */
  readonly timeoutMs: number | null;
  /** Retries after the first try. */
  readonly retryAttempts: number;
  /** null: each try has whatever is left of the timeout. */
  readonly retryPerTryMs: number | null;
  /** Sorted; empty without retries. */
  readonly retryOn: readonly RetryCondition[];
  readonly retryBackoffBaseMs: number;
  readonly retryBackoffMaxMs: number;
  readonly fault: Fault | null;
  readonly connectTimeoutMs: number;
  readonly maxRequests: number;
  readonly maxPending: number;
  readonly maxConnections: number;
  /** null: no budget, maxRetries holds. */
  readonly retryBudgetPercent: number | null;
  readonly retryBudgetMinimum: number;
  readonly maxRetries: number;
  /** null: no ejection for gateway errors. */
  readonly ejectAfterGatewayErrors: number | null;
  /** null: no ejection for 5xx. */
  readonly ejectAfterErrors: number | null;
  readonly ejectIntervalMs: number;
  readonly ejectBaseMs: number;
  readonly ejectMaxPercent: number;
  readonly ejectMinHealthPercent: number;
  readonly loadBalancing: LoadBalancing;
  readonly locality: "off" | "failover";
}

export type EffectiveField = keyof EffectiveValues;

export type Effective = { readonly [Field in EffectiveField]: Sourced<EffectiveValues[Field]> };

/** One call as the mesh treats it. */
export interface EffectiveCall {
  readonly caller: string;
  readonly service: string;
  readonly method: string;
  readonly effective: Effective;
}

/** The values alone. */
export function valuesOf(effective: Effective): EffectiveValues {
  return Object.fromEntries(
    Object.entries(effective).map(([field, { value }]) => [field, value]),
  ) as unknown as EffectiveValues;
}

/** What the mesh keeps per host and client proxy, the same for all methods of a service. */
export const hostFields = [
  "connectTimeoutMs",
  "maxRequests",
  "maxPending",
  "maxConnections",
  "retryBudgetPercent",
  "retryBudgetMinimum",
  "maxRetries",
  "ejectAfterGatewayErrors",
  "ejectAfterErrors",
  "ejectIntervalMs",
  "ejectBaseMs",
  "ejectMaxPercent",
  "ejectMinHealthPercent",
  "loadBalancing",
  "locality",
] as const satisfies readonly EffectiveField[];
