// The amplification report for people.
import type { Catalog } from "../model/catalog.ts";
import { shortName } from "../model/short-names.ts";
import { paint } from "../output/colour.ts";
import { formatTable } from "../output/table.ts";
import type { CheckedAmplification, Exceeded } from "./check-amplification.ts";
import { describeCall, describePath, type FoldedAmplification, foldMethods } from "./fold-methods.ts";

export function formatAmplification(catalog: Catalog, report: CheckedAmplification): string {
  const { limit, amplifications } = report;
  const rows = foldMethods(catalog, amplifications).map(({ first, methods }) => {
    const { edge, service, worst, sustained, paths, pathCount } = first;
    const heaviest = paths[0] === undefined ? "" : describePath(catalog, paths[0]);
    return [
      `${edge.caller} → ${shortName(catalog, edge.service)}: ${methods.join(", ")}`,
      shortName(catalog, service),
      worst > limit.value ? { text: worst, tone: "bad" as const } : worst,
      Number(sustained.toFixed(2)),
      pathCount === 1 ? heaviest : `${heaviest} = ${paths[0]?.worst}; with ${pathCount - 1} more: ${worst}`,
    ];
  });
  const table = formatTable(["call at the edge", "service", "worst", "sustained", "tries on the way"], rows);
  return [table, "", ...assumptions(catalog, report), ...cycles(catalog, report), ...verdict(catalog, report)].join(
    "\n",
  );
}

function assumptions(catalog: Catalog, { assumed }: CheckedAmplification): string[] {
  if (assumed.length === 0) return [];
  const lines = assumed.map(
    ({ workload, service, methods }) => `  ${workload}: ${shortName(catalog, service)}/{${methods.join(", ")}}`,
  );
  const head =
    "Assumed that each call its workload may make is made once, since `during` in callers.yaml is silent on:";
  return [head, ...lines, ""];
}

function cycles(catalog: Catalog, report: CheckedAmplification): string[] {
  return report.cycles.map((cycle) => {
    const calls = cycle.map((call) => describeCall(catalog, call)).join(", ");
    return paint("bad", `error: calls lead back to themselves, so that nothing bounds them: ${calls}`);
  });
}

function verdict(catalog: Catalog, { limit, amplifications, above }: CheckedAmplification): string[] {
  const allowed = `the limit is ${limit.value} (${limit.file}:${limit.line})`;
  if (above.length === 0) {
    const most = Math.max(0, ...amplifications.map(({ worst }) => worst));
    return [`At most ${most} requests at any service for one call at the edge; ${allowed}.`];
  }
  return foldMethods(catalog, above).flatMap((folded) => describeExceeded(catalog, folded, allowed));
}

function describeExceeded(
  catalog: Catalog,
  { first, methods }: FoldedAmplification<Exceeded>,
  allowed: string,
): string[] {
  const { edge, service, worst, paths, cuts, limit } = first;
  const whole = describeCall(catalog, edge, methods);
  const ways = paths.map((path) => `  path: ${whole} ${describePath(catalog, path)} = ${path.worst}`);
  const suffices = (cuts.at(0)?.left ?? 0) <= limit;
  const lines = cuts.map(({ call, kind, from, left }) => {
    const outermost = describeCall(catalog, call) === describeCall(catalog, edge);
    const name = outermost ? whole : describeCall(catalog, call);
    return `    retries ${kind === "code" ? "in the code " : ""}of ${name} (${from}): leaves ${left}`;
  });
  const advice = suffices ? "  cut any one of these:" : "  cut all of these:";
  return [
    paint("bad", `${whole}: ${worst} requests at ${shortName(catalog, service)}; ${allowed}`),
    ...ways,
    ...(cuts.length > 0 ? [advice, ...lines] : ["  no retries to cut: without any, the paths alone are too many"]),
  ];
}
