// The differences as people read them.
import { type Mesh, workloadsOf } from "../model/mesh.ts";
import { shortName } from "../model/short-names.ts";
import { describeSource } from "../model/source.ts";
import { formatTable } from "../output/table.ts";
import type { ParityReport } from "./compare-effect.ts";
import type { Difference } from "./difference.ts";

export function formatParity(mesh: Mesh, report: ParityReport): string {
  const looked = `${report.callsOut} calls out, ${report.rightsIn} rights of callers`;
  const about = `sidecar of ${report.workload}, environment ${report.environment}: ${looked}`;
  if (report.differences.length === 0) return `${about}\nno difference in effect`;
  const rows = folded(mesh, report.differences).map(({ methods, callers, first }) => [
    callers,
    `${shortName(mesh.catalog, first.service)}/${methods}`,
    first.field,
    `${first.policy.value}\n${describeSource(first.policy.source)}`,
    `${first.proxy.value}\n${first.proxy.where}`,
  ]);
  const table = formatTable(["caller", "method", "field", "policy", "proxy"], rows);
  return `${about}\n\n${table}\n\n${count(report.differences.length, "difference")} in effect`;
}

const count = (n: number, word: string): string => `${n} ${word}${n === 1 ? "" : "s"}`;

interface Row {
  readonly callers: string;
  readonly methods: string;
  readonly first: Difference;
}

/** Differences that are the same for several methods, and then for several callers, are one row. */
function folded(mesh: Mesh, differences: readonly Difference[]): Row[] {
  const byCall = Map.groupBy(differences, (one) => keyOf(one, one.caller));
  const perCaller = [...byCall.values()].flatMap((group) => {
    const [first] = group;
    return first === undefined ? [] : [{ caller: first.caller, methods: methodsOf(mesh, group), first }];
  });
  const byMethods = Map.groupBy(perCaller, ({ methods, first }) => keyOf(first, methods));
  return [...byMethods.values()].flatMap((group) => {
    const [row] = group;
    const callers = group.map(({ caller }) => caller);
    return row === undefined ? [] : [{ ...row, callers: callersOf(mesh, callers) }];
  });
}

const keyOf = ({ service, field, policy, proxy }: Difference, who: string): string =>
  JSON.stringify([who, service, field, policy, proxy.value, field === "authorization" ? "" : clusterOf(proxy.where)]);

/** Routes differ by method, and are not what the row is about. */
const clusterOf = (where: string): string => where.replace(/, route .*/, "");

function methodsOf(mesh: Mesh, group: readonly Difference[]): string {
  const methods = group.map(({ method }) => method);
  const all = mesh.catalog.get(group[0]?.service ?? "")?.methods.map(({ name }) => name) ?? [];
  return all.length > 1 && all.every((name) => methods.includes(name)) ? "*" : methods.join(", ");
}

function callersOf(mesh: Mesh, callers: readonly string[]): string {
  const known = workloadsOf(mesh);
  return known.length > 1 && known.every((name) => callers.includes(name))
    ? ["every workload", ...callers.filter((caller) => !known.includes(caller))].join(", ")
    : callers.join(", ");
}
