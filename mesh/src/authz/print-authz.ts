// The matrix, and what changed in it, for people.
import type { Catalog } from "../model/catalog.ts";
import { shortName } from "../model/short-names.ts";
import { paint } from "../output/colour.ts";
import { type Cell, formatTable } from "../output/table.ts";
import type { AuthorizationChange } from "./compare.ts";
import type { Verdict } from "./matrix.ts";

const yes: Cell = { text: "allowed", tone: "good" };
const no: Cell = { text: "-", tone: "faint" };

/** One column per caller; above eight of them, the names of those that may. */
export function formatMatrix(catalog: Catalog, verdicts: readonly Verdict[]): string {
  const callers = new Map(verdicts.map(({ caller, identity }) => [caller, identity]));
  const names = [...callers.keys()];
  const byMethod = Map.groupBy(verdicts, ({ service, method }) => `${shortName(catalog, service)}/${method}`);
  const mayCall = (found: readonly Verdict[], caller: string): boolean =>
    found.some((verdict) => verdict.caller === caller && verdict.allowed);
  const matrix =
    names.length <= 8
      ? formatTable(
          ["method", ...names],
          [...byMethod].map(([method, found]) => [method, ...names.map((name) => (mayCall(found, name) ? yes : no))]),
        )
      : formatTable(
          ["method", "callers allowed"],
          [...byMethod].map(([method, found]) => [
            method,
            names.filter((name) => mayCall(found, name)).join(", ") || "nobody",
          ]),
        );
  const identities = formatTable(["caller", "identity"], [...callers]);
  const allowed = verdicts.filter((verdict) => verdict.allowed).length;
  return `${matrix}\n\n${identities}\n\n${allowed} of ${verdicts.length} calls are allowed; what callers.yaml does not name is denied.`;
}

export function formatChange(now: Catalog, { widened, narrowed }: AuthorizationChange, ref: string): string {
  if (widened.length + narrowed.length === 0) return `The same calls are allowed as at ${ref}.`;
  const rows = (verdicts: readonly Verdict[], change: Cell, where: string): Cell[][] =>
    verdicts.map(({ caller, service, method, identity, because }) => [
      change,
      caller,
      `${shortName(now, service)}/${method}`,
      identity,
      `${where}${because}`,
    ]);
  const table = formatTable(
    ["change", "caller", "method", "identity", "allowed by"],
    [
      ...rows(widened, { text: "widened", tone: "bad" }, ""),
      ...rows(narrowed, { text: "narrowed", tone: "good" }, `${ref}:`),
    ],
  );
  const summary = `Since ${ref}: ${widened.length} widened, ${narrowed.length} narrowed.`;
  return `${table}\n\n${widened.length > 0 ? paint("bad", summary) : summary}`;
}
