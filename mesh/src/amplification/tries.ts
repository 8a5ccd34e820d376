// How often one call may be sent, at one layer.
import type { Call } from "./call-graph.ts";

/** At worst every try fails until the last: `(1 + retries of the proxy) × (1 + retries of the code)`. */
export const worstTries = ({ meshRetries, codeRetries }: Call): number => (1 + meshRetries) * (1 + codeRetries);

/**
 * How often one call is sent, on average, while a retry budget holds and load lasts.
 *
 * Envoy lets a retry through only while retries are at most `b` of all active requests, the retries themselves among
 * them (its circuit breaker's `retry_budget.budget_percent`; Gateway API's GEP-3388 defines it alike). With `T` active
 * requests of which `R ≤ b·T` are retries, first tries are `T − R ≥ (1 − b)·T`, so `T ≤ first tries ÷ (1 − b)`: where a
 * retry takes as long as a first try, requests per call are at most `1 ÷ (1 − b)` — 1.25 at 20 %. Fewer retries than
 * that remain fewer. Two things the bound leaves out: a proxy with little traffic may always make `retryMinimum` retries
 * at once, and retries in code are beyond any budget, so they count in full.
 *
 * @returns at least 1; as `worstTries` where there is no budget
 */
export function sustainedTries(call: Call): number {
  const { meshRetries, codeRetries, retryBudgetPercent } = call;
  if (retryBudgetPercent === null || retryBudgetPercent >= 100) return worstTries(call);
  return Math.min(1 + meshRetries, 1 / (1 - retryBudgetPercent / 100)) * (1 + codeRetries);
}
