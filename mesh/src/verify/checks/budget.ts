// When everything fails, the retry budget keeps retries from multiplying the load.

import type { Bed } from "../bed/bed.ts";
import { withBed } from "../bed/bed.ts";
import { always } from "../bed/chance.ts";
import { counting, showCounters } from "../bed/counters.ts";
import { type Edge, type EdgeCall, edgesOf, nameOf, perWorkload } from "../bed/edges.ts";
import { withLines } from "../bed/lines.ts";
import { closedLoop } from "../bed/load.ts";
import { wholePlan } from "../bed/plan.ts";
import { describeStatuses } from "../bed/tally.ts";
import { type Check, type Finding, linesOf, notApplicable, verdictOf } from "../check.ts";
import { withoutEjection } from "../policy-changes.ts";
import { retriedStatus } from "./retried-statuses.ts";

const lastsMs = 1_000;
/** Long against what passing through proxies takes, so that a try at the server is a request of the proxy. */
const serverMs = 40;
/** Enough for a budget to be more than its minimum, and no burden to a small machine. */
const fewestAtOnce = 24;
const mostAtOnce = 120;
/** The proxy counts at moments, the bound is a mean. */
const slack = 1.15;

export const budgetCheck: Check = {
  name: "budget",
  claim: "when every host fails, retries stay within the budget",
  // An ejected host would lower the load that is to be multiplied.
  run: ({ mesh, startBed }) => {
    const calm = withoutEjection(mesh);
    return withBed(startBed, wholePlan(calm), (bed) => perWorkload(edgesOf(calm), (edge) => checkEdge(bed, edge)));
  },
};

async function checkEdge(bed: Bed, edge: Edge): Promise<Finding[]> {
  const call = edge.calls.find(isRetried);
  if (call === undefined) return [];
  const { retryBudgetPercent, retryBudgetMinimum } = call.effective;
  if (retryBudgetPercent.value === null || retryBudgetPercent.value >= 100) {
    return [notApplicable(nameOf(edge), "there is no retry budget", linesOf(retryBudgetPercent))];
  }
  const atOnce = loadFor(call, retryBudgetPercent.value);
  const bound = highestRatio(retryBudgetPercent.value, retryBudgetMinimum.value, atOnce);
  if (bound * slack >= call.effective.retryAttempts.value) {
    const why = `${call.effective.retryAttempts.value} retries a call are within the budget at any load that is tried here`;
    return [notApplicable(nameOf(edge), why, linesOf(retryBudgetPercent, retryBudgetMinimum))];
  }
  const finding = await withLines(bed, edge, async ({ first, behave, tries }): Promise<Finding> => {
    const status = retriedStatus(call.effective.retryOn.value);
    if (status !== undefined) behave({ delayMs: () => serverMs, fails: { status, when: always } });
    const { result: results, grown } = await counting(first.counters, () =>
      closedLoop(atOnce, lastsMs, () => first.client.call(call.declared.path)),
    );
    const retries = grown.get("upstream_rq_retry") ?? 0;
    const refused = grown.get("upstream_rq_retry_overflow") ?? 0;
    const ratio = retries / Math.max(1, results.length);
    return {
      subject: `${nameOf(edge)}, ${call.method}, ${atOnce} calls at once`,
      expected: `at most ${bound.toFixed(2)} retries a call (without a budget ${call.effective.retryAttempts.value}), the rest refused`,
      from: linesOf(retryBudgetPercent, retryBudgetMinimum),
      saw: `${describeStatuses(results)}; ${tries()} tries at the servers: ${ratio.toFixed(2)} retries a call`,
      counters: showCounters(grown, ["upstream_rq_retry", "upstream_rq_retry_overflow"]),
      verdict: verdictOf(retries > 0 && refused > 0 && ratio <= bound * slack && tries() === results.length + retries),
    };
  });
  return [finding];
}

const isRetried = ({ effective }: EdgeCall): boolean =>
  effective.retryAttempts.value > 0 && retriedStatus(effective.retryOn.value) !== undefined;

/** Twice what makes the share of the budget as large as its minimum, within the breaker. */
function loadFor({ effective }: EdgeCall, percent: number): number {
  const even = (100 * effective.retryBudgetMinimum.value) / Math.max(percent, 1);
  return Math.min(Math.max(fewestAtOnce, Math.ceil(2 * even)), mostAtOnce, effective.maxRequests.value);
}

/**
 * Most retries per call over time. Envoy allows a retry while retries are fewer than the share of active requests, of
 * which retries are a part, or fewer than the minimum:
 * https://www.envoyproxy.io/docs/envoy/v1.40.0/api-v3/config/cluster/v3/circuit_breaker.proto
 * With a share b, retries are at most b of all requests under way, which is b/(1−b) of the first tries.
 */
export function highestRatio(percent: number, minimum: number, atOnce: number): number {
  const share = percent / 100;
  const ofMinimum = atOnce > minimum ? minimum / (atOnce - minimum) : Number.POSITIVE_INFINITY;
  return Math.max(share / (1 - share), ofMinimum);
}
