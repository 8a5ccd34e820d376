// Methods that the policies retry recover from errors of a server, and cost no more tries than that.

import { withBed } from "../bed/bed.ts";
import type { Behaviour } from "../bed/behaviour.ts";
import { always, everyNth } from "../bed/chance.ts";
import type { CallResult } from "../bed/client.ts";
import { counting, showCounters } from "../bed/counters.ts";
import { type Edge, type EdgeCall, edgesOf, nameOf, perWorkload } from "../bed/edges.ts";
import { type Lines, withLines } from "../bed/lines.ts";
import { sendCalls } from "../bed/load.ts";
import { wholePlan } from "../bed/plan.ts";
import { countOf, describeStatuses } from "../bed/tally.ts";
import { type Check, type Finding, linesOf, notApplicable, verdictOf } from "../check.ts";
import { withoutEjection } from "../policy-changes.ts";
import { retriedStatus, retriesUnavailable } from "./retried-statuses.ts";

/** Every third call of the service goes wrong: its retry is then the first of the next three, and well. */
const failsEvery = 3;
/** So many that a host is not missed by chance: each is chosen for the first try in one of two calls. */
const fewestCalls = 24;
const callsPerMethod = 6;

export const retriesCheck: Check = {
  name: "retries",
  claim: "methods with retries recover from errors, resets and a host that is down",
  // An ejected host would take the errors away that retries are to hide.
  run: ({ mesh, startBed }) => {
    const calm = withoutEjection(mesh);
    return withBed(startBed, wholePlan(calm), (bed) =>
      perWorkload(edgesOf(calm), (edge) => {
        const retried = edge.calls.filter(({ effective }) => effective.retryAttempts.value > 0);
        if (retried.length === 0) return Promise.resolve([]);
        return withLines(bed, edge, (lines) => checkEdge(lines, retried));
      }),
    );
  },
};

async function checkEdge(lines: Lines, calls: readonly EdgeCall[]): Promise<Finding[]> {
  const { edge } = lines;
  const onStatus = Map.groupBy(calls, ({ effective }) => retriedStatus(effective.retryOn.value));
  const findings: Finding[] = [];
  for (const [status, group] of onStatus) {
    if (status === undefined) {
      const why = "no condition of its retries is one that an error of a gRPC server meets";
      findings.push(notApplicable(subjectOf(edge, group, "errors"), why, retryLines(group)));
      continue;
    }
    findings.push(
      await partly(lines, group, "each third call fails", { fails: { status, when: everyNth(failsEvery) } }),
    );
    if (edge.replicas > 1) {
      findings.push(await oneHost(lines, group, "one host fails always", { fails: { status, when: always } }));
    }
  }
  const unavailable = calls.filter(({ effective }) => retriesUnavailable(effective.retryOn.value));
  if (unavailable.length > 0) {
    const resets = { resets: { when: everyNth(failsEvery) } };
    findings.push(await partly(lines, unavailable, "each third call is reset", resets));
    if (edge.replicas > 1) findings.push(await oneHostAway(lines, unavailable));
  }
  return findings;
}

/** Errors of all hosts together come at a rate that one retry is enough for, so their number is known. */
async function partly(lines: Lines, calls: readonly EdgeCall[], what: string, behaviour: Behaviour): Promise<Finding> {
  lines.behave(behaviour);
  const { results, tries, retries, shown } = await send(lines, calls);
  lines.behave();
  // Of every three tries one failed, and the last call of the run was not left with a failure.
  const failures = Math.floor((results.length - 1) / (failsEvery - 1));
  return {
    subject: subjectOf(lines.edge, calls, what),
    expected: `${results.length} OK with ${failures} retries`,
    from: retryLines(calls),
    saw: `${describeStatuses(results)}; ${tries} tries at the servers`,
    counters: shown,
    verdict: verdictOf(
      countOf(results, "OK") === results.length && retries === failures && tries === results.length + failures,
    ),
  };
}

async function oneHost(lines: Lines, calls: readonly EdgeCall[], what: string, behaviour: Behaviour): Promise<Finding> {
  const [bad] = lines.servers;
  bad?.behave(behaviour);
  const { results, tries, retries, shown } = await send(lines, calls);
  const failures = bad?.tries() ?? 0;
  lines.behave();
  return {
    subject: subjectOf(lines.edge, calls, what),
    expected: `${results.length} OK, each failed try retried on another host`,
    from: retryLines(calls),
    saw: `${describeStatuses(results)}; ${failures} tries failed, ${tries} in all`,
    counters: shown,
    verdict: verdictOf(
      countOf(results, "OK") === results.length &&
        failures > 0 &&
        retries === failures &&
        tries === results.length + failures,
    ),
  };
}

async function oneHostAway(lines: Lines, calls: readonly EdgeCall[]): Promise<Finding> {
  const [away] = lines.servers;
  await away?.refuseConnections();
  const { results, tries, retries, shown } = await send(lines, calls);
  await away?.acceptConnections();
  return {
    subject: subjectOf(lines.edge, calls, "one service refuses connections"),
    expected: `${results.length} OK, each refused try retried on another host`,
    from: retryLines(calls),
    saw: `${describeStatuses(results)}; ${tries} tries reached a server`,
    counters: shown,
    verdict: verdictOf(countOf(results, "OK") === results.length && retries > 0 && tries === results.length),
  };
}

interface Sent {
  readonly results: readonly CallResult[];
  readonly tries: number;
  readonly retries: number;
  readonly shown: string;
}

/** One call after the other, so that the share that fails is exact and no budget is touched. */
async function send(lines: Lines, calls: readonly EdgeCall[]): Promise<Sent> {
  for (const server of lines.servers) server.clearCounts();
  const { client, counters } = lines.first;
  const { result, grown } = await counting(counters, () =>
    sendCalls(Math.max(fewestCalls, calls.length * callsPerMethod), 1, (index) =>
      client.call(calls[index % calls.length]?.declared.path ?? ""),
    ),
  );
  const retries = grown.get("upstream_rq_retry") ?? 0;
  return { results: result, tries: lines.tries(), retries, shown: showCounters(grown, shownCounters) };
}

const shownCounters = ["upstream_rq_retry", "upstream_rq_retry_success"];

const subjectOf = (edge: Edge, calls: readonly EdgeCall[], what: string): string =>
  `${nameOf(edge)}, ${calls.map(({ method }) => method).join(", ")}: ${what}`;

const retryLines = (calls: readonly EdgeCall[]): string[] => [
  ...new Set(calls.flatMap(({ effective }) => linesOf(effective.retryAttempts, effective.retryOn))),
];
