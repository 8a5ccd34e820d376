// Who may call what: each caller and each method, both ways round.

import type { Method } from "../../model/catalog.ts";
import { type Mesh, spiffeId, workloadsOf } from "../../model/mesh.ts";
import { resolveEffective } from "../../model/resolve-effective.ts";
import { type Bed, type BedInstance, instancesOf, withBed } from "../bed/bed.ts";
import { counting, inboundCounters } from "../bed/counters.ts";
import { directClient } from "../bed/direct-client.ts";
import { edgesOf, nameOf } from "../bed/edges.ts";
import { type Lines, withLines } from "../bed/lines.ts";
import { sendCalls } from "../bed/load.ts";
import { wholePlan } from "../bed/plan.ts";
import { countOf, describeStatuses } from "../bed/tally.ts";
import { type Check, type CheckContext, type Finding, linesOf, verdictOf } from "../check.ts";

const denied = "PERMISSION_DENIED";
const atOnce = 8;

export const authzCheck: Check = {
  name: "authz",
  claim: "what callers.yaml allows works, everything else is denied before it reaches a server",
  run: async (context) => [...(await asWritten(context)), ...(await denyAll(context))],
};

async function asWritten({ mesh, startBed }: CheckContext): Promise<Finding[]> {
  return withBed(startBed, wholePlan(mesh), async (bed) => {
    const findings: Finding[] = [];
    for (const edge of edgesOf(mesh)) findings.push(await withLines(bed, edge, checkWay));
    for (const service of mesh.services.keys()) findings.push(...(await checkMatrix(bed, mesh, service, mesh)));
    return findings;
  });
}

/** Without a single caller, only the rule that denies what no rule allows is left. */
async function denyAll({ mesh, startBed }: CheckContext): Promise<Finding[]> {
  const empty: Mesh = { ...mesh, callers: { ...mesh.callers, value: { callers: {}, suppress: [] } } };
  return withBed(startBed, wholePlan(empty), async (bed) => {
    const findings: Finding[] = [];
    for (const service of empty.services.keys()) findings.push(...(await checkMatrix(bed, empty, service, mesh)));
    return findings.map((finding) => ({ ...finding, subject: `${finding.subject}; with an empty callers.yaml` }));
  });
}

/** Through the caller's own proxy, as its application calls. */
async function checkWay({ edge, first, tries }: Lines): Promise<Finding> {
  const results = await sendCalls(edge.calls.length, 1, (index) =>
    first.client.call(edge.calls[index]?.declared.path ?? "", { deadlineMs: 5_000 }),
  );
  return {
    subject: `${nameOf(edge)}, ${edge.calls.length} methods through both proxies`,
    expected: `${edge.calls.length} OK`,
    from: linesOf(...edge.calls.map(({ effective }) => effective.allowed)),
    saw: `${describeStatuses(results)}; ${tries()} at the servers`,
    counters: "",
    verdict: verdictOf(countOf(results, "OK") === results.length),
  };
}

interface Pair {
  readonly caller: string;
  readonly identity: string;
  readonly method: Method;
  readonly allowed: boolean;
}

/** Each caller, and some whom nobody named, at each instance of the service; straight at its inbound port. */
async function checkMatrix(bed: Bed, mesh: Mesh, service: string, known: Mesh): Promise<Finding[]> {
  const workload = mesh.services.get(service)?.policy.value.workload ?? "";
  const instances = instancesOf(bed, workload);
  const pairs = pairsOf(mesh, service, known);
  const { result: outcomes, grown } = await counting(
    () => inboundCounters(instances),
    async () => (await Promise.all(instances.map((instance) => callAll(bed, instance, pairs)))).flat(),
  );
  return [true, false].flatMap((allowed) => {
    const asked = outcomes.filter(({ pair }) => pair.allowed === allowed);
    if (asked.length === 0) return [];
    const wrong = asked.filter(({ status, tries }) =>
      allowed ? status !== "OK" || tries !== 1 : status !== denied || tries !== 0,
    );
    const counter = grown.get("rbac.denied") ?? 0;
    const counted = allowed || counter === asked.length;
    return [
      {
        subject: `${workload}: ${[...new Set(asked.map(({ pair }) => pair.caller))].join(", ")} × its methods`,
        expected: allowed
          ? `${asked.length} pairs of a caller and a method OK at each instance's port`
          : `${asked.length} pairs ${denied}, none at a server`,
        from: [mesh.callers.file],
        saw: `${describeStatuses(asked.map(({ result }) => result))}${wrong.length === 0 ? "" : `; wrong: ${wrong.slice(0, 5).map(describeWrong).join("; ")}`}`,
        counters: allowed ? `rbac.allowed ${grown.get("rbac.allowed") ?? 0}` : `rbac.denied ${counter}`,
        verdict: verdictOf(wrong.length === 0 && counted),
      },
    ];
  });
}

/** Every identity of the mesh, one that no policy names, and one of the same name in another namespace. */
function pairsOf(mesh: Mesh, service: string, known: Mesh): Pair[] {
  const { trustDomain, namespace } = mesh.settings.value;
  const workloads = workloadsOf(known);
  const callers = workloads.map((caller) => ({ caller, identity: spiffeId(known, caller) }));
  const strangers = [
    { caller: "a stranger", identity: `spiffe://${trustDomain}/ns/${namespace}/sa/verify-stranger` },
    ...workloads.slice(0, 1).map((caller) => ({
      caller: `${caller} of another namespace`,
      identity: `spiffe://${trustDomain}/ns/verify-elsewhere/sa/${caller}`,
    })),
  ];
  return (mesh.catalog.get(service)?.methods ?? []).flatMap((method) => [
    ...callers.map((each) => ({
      ...each,
      method,
      allowed: resolveEffective(mesh, each.caller, service, method.name).effective.allowed.value,
    })),
    ...strangers.map((each) => ({ ...each, method, allowed: false })),
  ]);
}

async function callAll(bed: Bed, { inbound, server, name }: BedInstance, pairs: readonly Pair[]) {
  if (inbound === undefined || server === undefined) return [];
  const byIdentity = Map.groupBy(pairs, ({ identity }) => identity);
  const outcomes = await Promise.all(
    [...byIdentity].map(async ([id, group]) => {
      const client = directClient(inbound, await bed.identity(id));
      try {
        const results = await sendCalls(group.length, atOnce, (index) =>
          client.call(group[index]?.method.path ?? "", { deadlineMs: 5_000 }),
        );
        return group.flatMap((pair, index) => {
          const result = results[index];
          return result === undefined
            ? []
            : [{ pair, result, status: result.status, tries: server.triesOf(result.id), at: name }];
        });
      } finally {
        client.close();
      }
    }),
  );
  return outcomes.flat();
}

const describeWrong = ({ pair, status, at }: { pair: Pair; status: string; at: string }): string =>
  `${pair.caller} ${pair.method.name} at ${at}: ${status}`;
