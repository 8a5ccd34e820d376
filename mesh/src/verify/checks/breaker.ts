// The breaker of a proxy opens at the number of requests that the policy says, and closes again.
import { status } from "@grpc/grpc-js";
import { replicasOf } from "../../model/mesh.ts";
import { withBed } from "../bed/bed.ts";
import type { CallResult } from "../bed/client.ts";
import { type Counters, growth, showCounters } from "../bed/counters.ts";
import { type Edge, edgesOf, nameOf } from "../bed/edges.ts";
import { type Line, type Lines, withLines } from "../bed/lines.ts";
import { sendCalls } from "../bed/load.ts";
import { wholePlan } from "../bed/plan.ts";
import { countOf, describeStatuses } from "../bed/tally.ts";
import { until } from "../bed/until.ts";
import { type Check, type Finding, linesOf, notApplicable, verdictOf } from "../check.ts";
import { withoutEjection, withoutTimeoutsAndRetries } from "../policy-changes.ts";

/** Above it an overload is more than one machine should be put to for a proof. */
const largestLimit = 2_000;
const settleMs = 10_000;
const afterwards = 10;

export const breakerCheck: Check = {
  name: "breaker",
  claim: "each proxy refuses calls above the limit of requests, and no longer when the pile is gone",
  run: async ({ mesh, startBed }) => {
    // Calls have to wait as long as the proof takes.
    const calm = withoutTimeoutsAndRetries(withoutEjection(mesh));
    const edges = edgesOf(calm);
    const small = smallest(edges);
    const plan = wholePlan(
      calm,
      small === undefined ? {} : { [small.caller]: Math.max(2, replicasOf(calm, small.caller)) },
    );
    return withBed(startBed, plan, async (bed) => {
      const findings: Finding[] = [];
      for (const edge of edges) {
        findings.push(
          ...(await withLines(bed, edge, async (lines) =>
            limitOf(edge) > largestLimit
              ? [unlimited(edge)]
              : [await checkProxies(lines, edge === small ? lines.all : [lines.first])],
          )),
        );
      }
      return findings;
    });
  },
};

const limitOf = ({ calls }: Edge): number => calls[0].effective.maxRequests.value;

/** The edge on which two proxies at their limits cost least. */
const smallest = (edges: readonly Edge[]): Edge | undefined =>
  edges.filter((edge) => limitOf(edge) <= largestLimit).toSorted((a, b) => limitOf(a) - limitOf(b))[0];

const unlimited = (edge: Edge): Finding =>
  notApplicable(
    nameOf(edge),
    `${limitOf(edge)} requests are more than are tried here (${largestLimit})`,
    linesOf(edge.calls[0].effective.maxRequests),
  );

async function checkProxies(lines: Lines, proxies: readonly Line[]): Promise<Finding> {
  const { edge } = lines;
  const limit = limitOf(edge);
  const extra = Math.max(5, Math.ceil(limit / 10));
  const path = edge.calls[0].declared.path;
  const before = await Promise.all(proxies.map(({ counters }) => counters()));
  let release = (): void => undefined;
  lines.behave({
    heldUntil: new Promise<void>((resolve) => {
      release = resolve;
    }),
  });
  const refused: CallResult[] = [];
  const piles = proxies.map(({ client }) =>
    sendCalls(limit + extra, limit + extra, async () => {
      const result = await client.call(path);
      if (result.status !== "OK") refused.push(result);
      return result;
    }),
  );
  // Every call either waits at a server or was refused.
  await until(() => lines.tries() + refused.length >= proxies.length * (limit + extra), settleMs);
  const open = await Promise.all(proxies.map(({ counters }) => counters()));
  release();
  const results = await Promise.all(piles);
  lines.behave();
  const after = await sendCalls(afterwards, 1, () => lines.first.client.call(path));
  const closed = await Promise.all(proxies.map(({ counters }) => counters()));
  const grown = proxies.map((_, index) => growth(before[index] ?? none, closed[index] ?? none));
  const overflow = grown.map((counters) => counters.get("upstream_rq_active_overflow") ?? 0);
  const isOpen = (counters: Counters): boolean => counters.get(openGauge) === 1;
  return {
    subject: `${nameOf(edge)}${proxies.length > 1 ? `, ${proxies.length} proxies at once` : ""}`,
    expected: `of ${limit + extra} calls at once ${proxies.length > 1 ? "through each proxy " : ""}${limit} OK, ${extra} refused; then all OK`,
    from: linesOf(edge.calls[0].effective.maxRequests),
    saw: `${results.map(describeStatuses).join(" | ")}; then ${describeStatuses(after)}`,
    counters: [
      ...grown.map((counters) => showCounters(counters, ["upstream_rq_active_overflow"])),
      `${openGauge} ${open.map((counters) => counters.get(openGauge) ?? 0).join(", ")} → ${closed.map((counters) => counters.get(openGauge) ?? 0).join(", ")}`,
    ].join("; "),
    verdict: verdictOf(
      results.every((pile) => countOf(pile, "OK") === limit && countOf(pile, status[status.UNAVAILABLE]) === extra) &&
        overflow.every((count) => count === extra) &&
        open.every(isOpen) &&
        !closed.some(isOpen) &&
        countOf(after, "OK") === afterwards,
    ),
  };
}

const none: Counters = new Map();
const openGauge = "circuit_breakers.default.rq_open";
