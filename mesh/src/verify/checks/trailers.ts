// An error of a server is trailers-only: its status is in the first block of headers, where alone proxies look for it.

import type { Bed } from "../bed/bed.ts";
import { withBed } from "../bed/bed.ts";
import { always } from "../bed/chance.ts";
import { counting, showCounters } from "../bed/counters.ts";
import { type Edge, edgesOf, nameOf, perWorkload } from "../bed/edges.ts";
import { withLines } from "../bed/lines.ts";
import { wholePlan } from "../bed/plan.ts";
import { rawCall } from "../bed/raw-response.ts";
import { type Check, type Finding, linesOf, notApplicable, verdictOf } from "../check.ts";
import { withoutEjection } from "../policy-changes.ts";
import { retriedStatus } from "./retried-statuses.ts";

export const trailersCheck: Check = {
  name: "trailers",
  claim: "errors of gRPC servers are trailers-only, so that proxies see them",
  run: ({ mesh, startBed }) => {
    const calm = withoutEjection(mesh);
    // One caller of each workload is enough: it is the server's answer that counts.
    const edges = [...Map.groupBy(edgesOf(calm), ({ service }) => service).values()].flatMap((group) => {
      const [edge] = group.toSorted((a, b) => retriedCalls(b).length - retriedCalls(a).length);
      return edge ?? [];
    });
    return withBed(startBed, wholePlan(calm), (bed) =>
      perWorkload(edges, async (edge) => [await checkEdge(bed, edge)]),
    );
  },
};

const retriedCalls = ({ calls }: Edge) =>
  calls.filter(({ effective }) => retriedStatus(effective.retryOn.value) !== undefined);

async function checkEdge(bed: Bed, edge: Edge): Promise<Finding> {
  const [call] = retriedCalls(edge);
  const status = call && retriedStatus(call.effective.retryOn.value);
  if (call === undefined || status === undefined) {
    return notApplicable(
      nameOf(edge),
      "no method is retried for an error of gRPC",
      linesOf(edge.calls[0].effective.retryOn),
    );
  }
  return withLines(bed, edge, async ({ first, servers, behave }) => {
    behave({ fails: { status, when: always } });
    const [server] = servers;
    if (server === undefined) throw new Error(`${edge.workload} has no server`);
    const { outlets } = first.proxy;
    const outlet = outlets.get(edge.workload);
    if (outlet === undefined) throw new Error(`${edge.caller} has no way to ${edge.workload}`);
    const path = call.declared.path;
    const direct = await rawCall(`127.0.0.1:${server.port}`, path);
    const { result: through, grown } = await counting(first.counters, () =>
      rawCall(outlet.address, path, outlet.authority),
    );
    const retries = grown.get("upstream_rq_retry") ?? 0;
    const wanted = String(status);
    const form = ({ trailersOnly, grpcStatus }: typeof direct): string =>
      `${trailersOnly ? "trailers-only" : "headers first"}, grpc-status ${grpcStatus ?? "none"}`;
    return {
      subject: `${nameOf(edge)}, ${call.method}`,
      expected: "grpc-status in the first headers, at the server and through both proxies; the proxy retries",
      from: linesOf(call.effective.retryOn),
      saw: `server: ${form(direct)}; client: ${form(through)}`,
      counters: showCounters(grown, ["upstream_rq_retry"]),
      verdict: verdictOf(
        [direct, through].every((each) => each.trailersOnly && each.grpcStatus === wanted) && retries > 0,
      ),
    };
  });
}
