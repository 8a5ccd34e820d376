// A service that hangs costs its caller no more than the policy's timeouts.

import { withBed } from "../bed/bed.ts";
import { counting, showCounters } from "../bed/counters.ts";
import type { EdgeCall } from "../bed/edges.ts";
import { edgesOf, nameOf, perWorkload } from "../bed/edges.ts";
import { type Lines, withLines } from "../bed/lines.ts";
import { sendCalls } from "../bed/load.ts";
import { wholePlan } from "../bed/plan.ts";
import { countOf, describeStatuses, latencyFigures } from "../bed/tally.ts";
import { type Check, type Finding, linesOf, notApplicable, verdictOf } from "../check.ts";
import { withoutEjection, withoutRetryLimits } from "../policy-changes.ts";
import { retriesLateTries } from "./retried-statuses.ts";

const callsPerMethod = 2;
/** So many that the late host is not missed by chance. */
const lateHostCalls = 24;
/** After it a method without a timeout is taken to have none. */
const noTimeoutMs = 2_000;
/** Timers of proxies and the driver's own clock, on a machine that is busy. */
const earlyMs = 5;
const lateMs = 400;
/** By which each try may end later than its time. */
const lateTryMs = 50;
/** Of the timeout, after a first try that was late. */
const leftForAnotherMs = 250;

export const timeoutsCheck: Check = {
  name: "timeouts",
  claim: "a service that hangs costs no more than the timeouts, and no more tries than they leave room for",
  run: ({ mesh, startBed }) => {
    // What else may end a call or keep it from being retried has checks of its own.
    const calm = withoutRetryLimits(withoutEjection(mesh));
    return withBed(startBed, wholePlan(calm), (bed) =>
      perWorkload(edgesOf(calm), (edge) =>
        withLines(bed, edge, async (lines) => {
          lines.behave({ hangs: true });
          const alike = Map.groupBy(edge.calls, ({ effective }) => JSON.stringify(expectedOf(effective)));
          const { counters } = lines.first;
          const { result: findings, grown } = await counting(counters, () =>
            Promise.all([...alike.values()].map((group) => checkCalls(lines, group))),
          );
          lines.behave();
          const shown = showCounters(grown, [
            "upstream_rq_timeout",
            "upstream_rq_per_try_timeout",
            "upstream_rq_retry",
          ]);
          const late = edge.replicas > 1 ? await lateHost(lines) : [];
          return [...findings.map((finding) => ({ ...finding, counters: `edge: ${shown}` })), ...late];
        }),
      ),
    );
  },
};

interface Expected {
  /** null: nobody but the client ends it. */
  readonly endsMs: { readonly from: number; readonly to: number } | null;
  readonly tries: { readonly from: number; readonly to: number };
}

/** What a call to a hung service comes to. */
export function expectedOf(effective: EdgeCall["effective"]): Expected {
  const timeoutMs = effective.timeoutMs.value ?? Number.POSITIVE_INFINITY;
  const perTryMs = effective.retryPerTryMs.value ?? Number.POSITIVE_INFINITY;
  // A route without retries has no timeout per try, and one at or above the timeout never comes.
  if (effective.retryAttempts.value === 0 || perTryMs >= timeoutMs) {
    if (timeoutMs === Number.POSITIVE_INFINITY) return { endsMs: null, tries: { from: 1, to: 1 } };
    return { endsMs: { from: timeoutMs, to: timeoutMs }, tries: { from: 1, to: 1 } };
  }
  const again = retriesLateTries(effective.retryOn.value, "hangs");
  const tries = again === "never" ? 1 : effective.retryAttempts.value + 1;
  // Pauses are drawn from 0 to the back-off, which doubles: https://www.envoyproxy.io/docs, x-envoy-max-retries.
  const pauses = Array.from({ length: tries - 1 }, (_, retry) =>
    Math.min(effective.retryBackoffMaxMs.value, effective.retryBackoffBaseMs.value * (2 ** (retry + 1) - 1)),
  );
  const longestMs = tries * perTryMs + pauses.reduce((sum, pause) => sum + pause, 0);
  const fewest = again === "always" ? countTries(perTryMs + lateTryMs, pauses, timeoutMs) : 1;
  return {
    endsMs: {
      from: Math.min(timeoutMs, (again === "always" ? tries : 1) * perTryMs),
      to: Math.min(timeoutMs, longestMs),
    },
    tries: { from: fewest, to: Math.min(tries, Math.ceil(timeoutMs / perTryMs)) },
  };
}

/** Tries that begin before the timeout when all pauses are as long as they can be. */
function countTries(perTryMs: number, pauses: readonly number[], timeoutMs: number): number {
  let beginsMs = 0;
  let tries = 1;
  for (const pause of pauses) {
    beginsMs += perTryMs + pause;
    if (beginsMs >= timeoutMs) break;
    tries++;
  }
  return tries;
}

async function checkCalls(lines: Lines, calls: readonly EdgeCall[]): Promise<Omit<Finding, "counters">> {
  const [representative] = calls;
  if (representative === undefined) throw new Error("a group has a member");
  const { effective } = representative;
  const { endsMs, tries } = expectedOf(effective);
  const { client } = lines.first;
  const total = calls.length * callsPerMethod;
  const results = await sendCalls(total, total, (index) =>
    client.call(calls[index % calls.length]?.declared.path ?? "", endsMs === null ? { deadlineMs: noTimeoutMs } : {}),
  );
  const bounds = endsMs ?? { from: noTimeoutMs, to: noTimeoutMs };
  const inTime = results.every(
    ({ latencyMs }) => latencyMs >= bounds.from - earlyMs && latencyMs <= bounds.to + lateMs,
  );
  const triesOfCalls = results.map(lines.triesOf);
  const figures = latencyFigures(results);
  const shortest = Math.min(...results.map(({ latencyMs }) => latencyMs));
  return {
    subject: `${nameOf(lines.edge)}, ${calls.map(({ method }) => method).join(", ")}`,
    expected:
      `${showRange(tries)} tries each; ` +
      (endsMs === null
        ? `no end before the client's own deadline of ${noTimeoutMs} ms`
        : `ended at ${showRange(endsMs)} ms`),
    from: linesOf(effective.timeoutMs, effective.retryPerTryMs, effective.retryOn),
    saw:
      `${describeStatuses(results)} at ${shortest.toFixed(0)}–${figures.max.toFixed(0)} ms; ` +
      `${showRange({ from: Math.min(...triesOfCalls), to: Math.max(...triesOfCalls) })} tries each`,
    verdict: verdictOf(
      inTime &&
        triesOfCalls.every((count) => count >= tries.from && count <= tries.to) &&
        results.every((result) => result.status !== "OK"),
    ),
  };
}

/** One of several hosts lives and answers too late: whether retries make that good. */
async function lateHost(lines: Lines): Promise<Finding[]> {
  const { edge } = lines;
  const retried = edge.calls.filter(({ effective }) => {
    const { retryAttempts, retryPerTryMs, timeoutMs } = effective;
    const leftMs = (timeoutMs.value ?? Number.POSITIVE_INFINITY) - (retryPerTryMs.value ?? Number.POSITIVE_INFINITY);
    return retryAttempts.value > 0 && leftMs > leftForAnotherMs;
  });
  const groups = Map.groupBy(retried, ({ effective }) => retriesLateTries(effective.retryOn.value, "answers late"));
  const findings: Finding[] = [];
  for (const [again, calls] of groups) {
    const subject = `${nameOf(edge)}, ${calls.map(({ method }) => method).join(", ")}: one host answers too late`;
    const from = [...new Set(calls.flatMap(({ effective }) => linesOf(effective.retryOn)))];
    if (again === "always") findings.push(await checkLateHost(lines, calls, { subject, from }));
    else {
      const why =
        `such a try is retried ${again}: the caller's proxy, the host's proxy and the server all end it at the same ` +
        "time, and only `reset`, `unavailable` and `deadline-exceeded` together catch whoever is first";
      findings.push(notApplicable(subject, why, from));
    }
  }
  return findings;
}

async function checkLateHost(
  lines: Lines,
  calls: readonly EdgeCall[],
  about: Pick<Finding, "subject" | "from">,
): Promise<Finding> {
  const longestMs = Math.max(...calls.map(({ effective }) => effective.timeoutMs.value ?? noTimeoutMs));
  lines.behave();
  lines.servers[0]?.clearCounts();
  lines.servers[0]?.behave({ delayMs: () => 2 * longestMs });
  const { client, counters } = lines.first;
  const { result: results, grown } = await counting(counters, () =>
    sendCalls(Math.max(lateHostCalls, calls.length * callsPerMethod), lateHostCalls, (index) =>
      client.call(calls[index % calls.length]?.declared.path ?? ""),
    ),
  );
  lines.behave();
  const late = lines.servers[0]?.tries() ?? 0;
  return {
    ...about,
    expected: `${results.length} OK, each late try retried on another host`,
    saw: `${describeStatuses(results)} within ${latencyFigures(results).max.toFixed(0)} ms; ${late} tries were late`,
    counters: showCounters(grown, ["upstream_rq_per_try_timeout", "upstream_rq_retry"]),
    verdict: verdictOf(countOf(results, "OK") === results.length && late > 0),
  };
}

const showRange = ({ from, to }: { readonly from: number; readonly to: number }): string =>
  from === to ? `${from}` : `${from}–${to}`;
