// When two values come to the same.
import { isDeepStrictEqual } from "node:util";
import { type Enabling, hasEffect } from "../model/format-effective.ts";
import { isConstant, type ProxyField, type ProxyValues } from "./proxy-values.ts";
import { withoutEmpty } from "./route-values.ts";

/** What `5xx` retries as well: the router's filter says so of x-envoy-retry-on. */
const within5xx = new Set(["connect-failure", "refused-stream", "gateway-error"]);

/** Fields that mean nothing for a call that is never repeated. */
const ofRetries: ReadonlySet<ProxyField> = new Set<ProxyField>([
  "retryBudgetPercent",
  "retryBudgetMinimum",
  "maxRetries",
  "retriesElsewhere",
]);

/**
 * Whether a field comes to the same on both sides. Treated as equal, for nothing that a caller could see differs:
 * - what depends on something that is off on either side (a back-off without retries, the length of an ejection without
 *   a threshold, the number of concurrent retries beside a budget): where it is off on one side only, that itself is a
 *   difference;
 * - a time per try at or above the timeout, and none: the timeout ends the try first;
 * - conditions of retries that others include, and those behind which nothing stands (status codes without a code);
 * - zones, where the proxy's endpoints are all in one;
 * - the identity of the callee, where the proxy does not ask for one: that is the difference.
 */
export function sameEffect(field: ProxyField, policy: ProxyValues, proxy: ProxyValues): boolean {
  const counts = (values: Enabling): boolean =>
    (isConstant(field) || hasEffect(field, values)) && (!ofRetries.has(field) || values.retryAttempts > 0);
  if (!(counts(policy) && counts(proxy))) return true;
  if (field === "locality" && (policy.locality === null || proxy.locality === null)) return true;
  if (field === "calleeIdentities" && proxy.mtls === "off") return true;
  if (field === "retryPerTryMs") return perTryMs(policy) === perTryMs(proxy);
  if (field === "retryOn") return isDeepStrictEqual(conditions(policy), conditions(proxy));
  return isDeepStrictEqual(policy[field], proxy[field]);
}

function perTryMs({ retryPerTryMs, timeoutMs }: ProxyValues): number | null {
  return retryPerTryMs !== null && timeoutMs !== null && retryPerTryMs >= timeoutMs ? null : retryPerTryMs;
}

function conditions({ retryOn }: ProxyValues): string[] {
  const all5xx = retryOn.includes("5xx");
  const kept = withoutEmpty(retryOn).filter((condition) => !all5xx || !within5xx.has(condition));
  return [...new Set(kept)].sort();
}
