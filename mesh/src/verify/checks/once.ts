// Methods that must not be repeated reach a server once, whatever goes wrong, and so do those without retries.
import { status } from "@grpc/grpc-js";
import { withBed } from "../bed/bed.ts";
import type { Behaviour } from "../bed/behaviour.ts";
import { always } from "../bed/chance.ts";
import type { CallResult } from "../bed/client.ts";
import { counting, showCounters } from "../bed/counters.ts";
import { type Edge, type EdgeCall, edgesOf, nameOf, perWorkload } from "../bed/edges.ts";
import { type Lines, withLines } from "../bed/lines.ts";
import { sendCalls } from "../bed/load.ts";
import { wholePlan } from "../bed/plan.ts";
import { describeStatuses } from "../bed/tally.ts";
import { type Check, type Finding, linesOf, verdictOf } from "../check.ts";
import { withoutEjection } from "../policy-changes.ts";

const callsPerMethod = 5;
/** For a method that has no timeout of its own: a client does not wait for ever. */
const impatientMs = 700;

export const onceCheck: Check = {
  name: "once",
  claim: "methods that must not be repeated are sent exactly once, counted at the server",
  // An ejected host takes calls away before they are sent, and each has to be sent here.
  run: ({ mesh, startBed }) => {
    const calm = withoutEjection(mesh);
    return withBed(startBed, wholePlan(calm), (bed) =>
      perWorkload(edgesOf(calm), async (edge) => {
        const calls = edge.calls.filter(isSentOnce);
        return calls.length === 0 ? [] : withLines(bed, edge, (lines) => checkEdge(lines, calls));
      }),
    );
  },
};

/** By its proto, whatever the policy says, or by the policy. */
const isSentOnce = ({ declared, effective }: EdgeCall): boolean =>
  declared.idempotency === "unknown" || effective.retryAttempts.value === 0;

const troubles: readonly { readonly what: string; readonly behaviour: Behaviour }[] = [
  { what: "UNAVAILABLE", behaviour: { fails: { status: status.UNAVAILABLE, when: always } } },
  { what: "INTERNAL", behaviour: { fails: { status: status.INTERNAL, when: always } } },
  { what: "resets", behaviour: { resets: { when: always } } },
  { what: "a service that hangs", behaviour: { hangs: true } },
];

async function checkEdge(lines: Lines, calls: readonly EdgeCall[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { what, behaviour } of troubles) {
    lines.behave(behaviour);
    const { results, grown } = await send(lines, calls);
    lines.behave();
    const tries = results.map(lines.triesOf);
    findings.push(
      finding(lines.edge, calls, what, {
        expected: "each call reaches a server exactly once",
        saw: `${describeStatuses(results)}; ${spread(tries)}`,
        counters: showCounters(grown, ["upstream_rq_retry"]),
        passed: tries.every((count) => count === 1),
      }),
    );
  }
  findings.push(await refused(lines, calls));
  return findings;
}

/** Nothing reaches a server, so only the proxy can say how often it tried. */
async function refused(lines: Lines, calls: readonly EdgeCall[]): Promise<Finding> {
  await Promise.all(lines.servers.map((server) => server.refuseConnections()));
  const { results, grown } = await send(lines, calls);
  await Promise.all(lines.servers.map((server) => server.acceptConnections()));
  const retries = grown.get("upstream_rq_retry") ?? 0;
  return finding(lines.edge, calls, "refused connections", {
    expected: "no call is sent again",
    saw: describeStatuses(results),
    counters: showCounters(grown, ["upstream_rq_total", "upstream_rq_retry"]),
    passed: retries === 0 && results.every((result) => result.status !== "OK"),
  });
}

function finding(
  edge: Edge,
  calls: readonly EdgeCall[],
  what: string,
  { passed, ...rest }: Pick<Finding, "expected" | "saw" | "counters"> & { readonly passed: boolean },
): Finding {
  return {
    subject: `${nameOf(edge)}, ${calls.map(({ method }) => method).join(", ")}: ${what}`,
    from: [
      ...new Set(
        calls.flatMap(({ declared, effective }) => [
          ...linesOf(effective.retryAttempts),
          ...(declared.idempotency === "unknown" ? [`${declared.file}:${declared.line}`] : []),
        ]),
      ),
    ],
    ...rest,
    verdict: verdictOf(passed),
  };
}

async function send(lines: Lines, calls: readonly EdgeCall[]) {
  const { client, counters } = lines.first;
  const total = calls.length * callsPerMethod;
  const { result, grown } = await counting(counters, () =>
    // All at once: a service that hangs makes each of them wait for its timeout.
    sendCalls(total, total, (index): Promise<CallResult> => {
      const call = calls[index % calls.length];
      const patience = call?.effective.timeoutMs.value === null ? { deadlineMs: impatientMs } : {};
      return client.call(call?.declared.path ?? "", patience);
    }),
  );
  return { results: result, grown };
}

/** `10 calls reached a server once, 2 twice`. */
function spread(tries: readonly number[]): string {
  const words = ["never", "once", "twice"];
  const counts = Map.groupBy(tries, (count) => count);
  const parts = [...counts]
    .sort(([a], [b]) => a - b)
    .map(([count, calls]) => `${calls.length} ${words[count] ?? `${count} times`}`);
  return `reached a server: ${parts.join(", ")}`;
}
