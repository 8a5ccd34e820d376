// A host that keeps failing is taken out after the number of errors that the policy says, and comes back in time.
import { status } from "@grpc/grpc-js";
import { type Bed, withBed } from "../bed/bed.ts";
import { always } from "../bed/chance.ts";
import type { CallResult } from "../bed/client.ts";
import { counting, showCounters } from "../bed/counters.ts";
import { type Edge, edgesOf, nameOf, perWorkload } from "../bed/edges.ts";
import { ejectedNow, observationMs, watchEjections } from "../bed/ejections.ts";
import { type Lines, withLines } from "../bed/lines.ts";
import { sendCalls } from "../bed/load.ts";
import { wholePlan } from "../bed/plan.ts";
import { countOf, describeStatuses } from "../bed/tally.ts";
import { until } from "../bed/until.ts";
import { type Check, type Finding, linesOf, notApplicable, verdictOf } from "../check.ts";
import { timeLapse, withoutRetries } from "../policy-changes.ts";

/** Calls per error that is needed, so that the failing one of two hosts gets enough of them whatever the chance. */
const callsPerError = 12;
/** All at once, to be done before the host may return. */
const callsWhileOut = 20;
const callsAfterwards = 30;
const lateMs = 300;
/**
 * A change of hosts within this time after another takes effect only at its end, whatever the proxy says already:
 * https://www.envoyproxy.io/docs/envoy/v1.40.0/api-v3/config/cluster/v3/cluster.proto, update_merge_window
 */
const updateMergeMs = 1_000;

export const ejectionCheck: Check = {
  name: "ejection",
  claim: "a failing host is ejected after so many errors, gets no calls while it is out, and returns in time",
  run: ({ mesh, startBed, timeLapse: factor }) => {
    // A retry would hide from the client which tries failed.
    const quick = withoutRetries(timeLapse(mesh, factor));
    return withBed(startBed, wholePlan(quick), (bed) =>
      perWorkload(edgesOf(quick), (edge) => withLines(bed, edge, (lines) => checkEdge(bed, lines))),
    );
  },
};

/** Errors in a row after which UNAVAILABLE ejects; it counts as a gateway error and as a 5xx. */
function thresholdOf({ calls }: Edge): number | null {
  const { ejectAfterErrors, ejectAfterGatewayErrors } = calls[0].effective;
  const thresholds = [ejectAfterErrors.value, ejectAfterGatewayErrors.value].filter((value) => value !== null);
  return thresholds.length === 0 ? null : Math.min(...thresholds);
}

async function checkEdge(bed: Bed, lines: Lines): Promise<Finding[]> {
  const { edge } = lines;
  const { effective } = edge.calls[0];
  const threshold = thresholdOf(edge);
  const from = linesOf(effective.ejectAfterErrors, effective.ejectAfterGatewayErrors);
  if (threshold === null) return [notApplicable(nameOf(edge), "there is no ejection", from)];
  const others = await otherErrors(bed, lines, threshold, from);
  // Envoy ejects a host only when the share that is out afterwards is no more than the largest allowed.
  const canEject = 100 / edge.replicas <= effective.ejectMaxPercent.value;
  return [others, canEject ? await outAndBack(bed, lines, threshold) : await loneHost(bed, lines, threshold)];
}

/** An error that is neither a gateway error nor a 5xx may come as often as it likes. */
async function otherErrors(bed: Bed, lines: Lines, threshold: number, from: readonly string[]): Promise<Finding> {
  lines.behave({ fails: { status: status.RESOURCE_EXHAUSTED, when: always } });
  const { results, ejected, shown } = await send(bed, lines, threshold * 4);
  lines.behave();
  return {
    subject: `${nameOf(lines.edge)}: RESOURCE_EXHAUSTED`,
    expected: "no ejection, for it counts neither as a gateway error nor as a 5xx",
    from,
    saw: `${describeStatuses(results)}; ${ejected.length === 0 ? "no host was ejected" : `ejected: ${ejected.join(", ")}`}`,
    counters: shown,
    verdict: verdictOf(ejected.length === 0 && countOf(results, "RESOURCE_EXHAUSTED") === results.length),
  };
}

async function loneHost(bed: Bed, lines: Lines, threshold: number): Promise<Finding> {
  const { edge } = lines;
  const { ejectMaxPercent } = edge.calls[0].effective;
  lines.behave({ fails: { status: status.UNAVAILABLE, when: always } });
  const { results, ejected, shown } = await send(bed, lines, threshold * 4);
  const tries = lines.tries();
  lines.behave();
  return {
    subject: `${nameOf(edge)}: ${edge.replicas === 1 ? "the only host fails" : `all ${edge.replicas} hosts fail`}`,
    expected: `no ejection, for one of ${edge.replicas} is more than ${ejectMaxPercent.value} %; every call is sent`,
    from: linesOf(ejectMaxPercent),
    saw: `${describeStatuses(results)}, ${tries} at the servers; ${ejected.length} ejected`,
    counters: shown,
    verdict: verdictOf(ejected.length === 0 && tries === results.length),
  };
}

async function outAndBack(bed: Bed, lines: Lines, threshold: number): Promise<Finding> {
  const { edge, first, servers } = lines;
  const { ejectBaseMs, ejectIntervalMs } = edge.calls[0].effective;
  const [bad] = servers;
  if (bad === undefined) throw new Error(`${edge.workload} has no server`);
  const path = edge.calls[0].declared.path;
  for (const server of servers) server.clearCounts();
  const { result, grown } = await counting(first.counters, async () => {
    const watch = watchEjections(bed, [first.proxy], edge.workload);
    bad.behave({ fails: { status: status.UNAVAILABLE, when: always } });
    const during: CallResult[] = [];
    while (bad.tries() < threshold && during.length < threshold * callsPerError) {
      during.push(await first.client.call(path));
    }
    // Well again at once: were it not out, it would get its share of the next calls.
    bad.behave({});
    during.push(...(await sendCalls(callsWhileOut, callsWhileOut, () => first.client.call(path))));
    const tries = bad.tries();
    // The proxy's workers decide, and its main thread, which answers here, hears of it a little later.
    await until(async () => (await ejectedNow(bed, first.proxy, edge.workload)).length > 0, lateMs);
    await until(
      async () => (await ejectedNow(bed, first.proxy, edge.workload)).length === 0,
      ejectBaseMs.value + 2 * ejectIntervalMs.value + lateMs,
    );
    const after: CallResult[] = [];
    await until(async () => {
      after.push(await first.client.call(path));
      return bad.tries() > tries;
    }, updateMergeMs + lateMs);
    after.push(...(await sendCalls(callsAfterwards, 1, () => first.client.call(path))));
    return { during, tries, after, returned: bad.tries() - tries, ejections: await watch.stop() };
  });
  const { during, tries, after, returned, ejections } = result;
  const [ejection] = ejections;
  const outMs = ejection?.untilMs === undefined ? undefined : ejection.untilMs - ejection.atMs;
  const longestMs = ejectBaseMs.value + ejectIntervalMs.value;
  const inTime = outMs !== undefined && outMs >= ejectBaseMs.value - 2 * observationMs && outMs <= longestMs + lateMs;
  return {
    subject: `${nameOf(edge)}: one of ${edge.replicas} hosts fails, then recovers`,
    expected: `out after ${threshold} errors, back after ${ejectBaseMs.value}–${longestMs} ms`,
    from: linesOf(
      edge.calls[0].effective.ejectAfterErrors,
      edge.calls[0].effective.ejectAfterGatewayErrors,
      ejectBaseMs,
      ejectIntervalMs,
    ),
    saw:
      `${describeStatuses(during)}, ${tries} tries at the failing host; out for ` +
      `${outMs === undefined ? "no measured time" : `${outMs.toFixed(0)} ms`}; afterwards ${describeStatuses(after)}, ` +
      `${returned} of them at that host`,
    counters: showCounters(grown, ejectionCounters),
    verdict: verdictOf(
      ejections.length === 1 &&
        tries === threshold &&
        countOf(during, "OK") === during.length - threshold &&
        inTime &&
        countOf(after, "OK") === after.length &&
        returned > 0,
    ),
  };
}

async function send(bed: Bed, lines: Lines, total: number) {
  const { first, edge } = lines;
  for (const server of lines.servers) server.clearCounts();
  const { result, grown } = await counting(first.counters, async () => {
    const watch = watchEjections(bed, [first.proxy], edge.workload);
    const results = await sendCalls(total, 1, () => first.client.call(edge.calls[0].declared.path));
    return { results, ejections: await watch.stop() };
  });
  return {
    results: result.results,
    ejected: result.ejections.map(({ host }) => host),
    shown: showCounters(grown, ["outlier_detection.ejections_enforced_total"]),
  };
}

const ejectionCounters = [
  "outlier_detection.ejections_enforced_total",
  "outlier_detection.ejections_enforced_consecutive_gateway_failure",
  "outlier_detection.ejections_enforced_consecutive_5xx",
];
