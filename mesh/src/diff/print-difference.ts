// Differences in effect, for people.
import type { Catalog } from "../model/catalog.ts";
import { labelOf } from "../model/format-effective.ts";
import { shortName } from "../model/short-names.ts";
import { describeSource, type Source } from "../model/source.ts";
import { formatTable } from "../output/table.ts";
import type { MeshDifference, Side } from "./compare-meshes.ts";
import { foldDifferences } from "./fold-differences.ts";

/** What the two sides are called, and what goes before the files of each. */
export interface Sides {
  readonly from: string;
  readonly to: string;
  /** Goes before the files of the older side; empty where both sides are the files that are there. */
  readonly fromPrefix: string;
}

export function formatDifference(catalog: Catalog, difference: MeshDifference, sides: Sides): string {
  const { calls, replicas, compared } = difference;
  const folded = foldDifferences(difference);
  if (calls.length + replicas.length === 0) {
    return `${sides.from} and ${sides.to} have the same effect on all ${compared.length} calls.`;
  }
  const rows = folded.map(({ callers, service, methods, first }) => [
    callers.join(", "),
    `${shortName(catalog, service)}: ${methods}`,
    labelOf(first.field),
    first.from.text,
    first.to.text,
    whereFrom(first.from, first.to, sides.fromPrefix),
  ]);
  const parts = [
    ...(rows.length > 0 ? [formatTable(["caller", "called", "field", sides.from, sides.to, "where"], rows)] : []),
    ...(replicas.length > 0
      ? [
          formatTable(
            ["replicas of", sides.from, sides.to],
            replicas.map(({ workload, from, to }) => [workload, from, to]),
          ),
        ]
      : []),
  ];
  const differing = new Set(calls.map(({ caller, service, method }) => `${caller} ${service}/${method}`)).size;
  const summary = `${differing} of ${compared.length} calls differ in effect between ${sides.from} and ${sides.to}.`;
  return [...parts, summary].join("\n\n");
}

function whereFrom(from: Side, to: Side, fromPrefix: string): string {
  const [older, newer] = [placeOf(from.source, fromPrefix), placeOf(to.source, "")];
  return `${older} → ${newer}`;
}

// Why a default is what it is, `explain` says; here it would only widen the table.
function placeOf(source: Source | null, prefix: string): string {
  if (source === null) return "-";
  return source.kind === "file" ? `${prefix}${describeSource(source)}` : "default";
}
