// Proposals for people: the value, what holds now, and the arithmetic line by line.
import type { Catalog } from "../model/catalog.ts";
import { shortName } from "../model/short-names.ts";
import { formatTable } from "../output/table.ts";
import type { Suggestions } from "./suggest.ts";

export function formatSuggestions(catalog: Catalog, suggestions: Suggestions): string {
  const { proposals, refusals, ignored, measured } = suggestions;
  const nameOf = ({ service, method }: { service: string; method: string | undefined }): string =>
    `${shortName(catalog, service)}${method === undefined ? "" : `/${method}`}`;
  const parts = [
    formatTable(
      ["caller", "called", "requests", "peak per s"],
      measured.map((one) => [one.caller, nameOf(one), one.requests, Number(one.peakPerSecond.toFixed(1))]),
    ),
  ];
  if (proposals.length > 0) {
    const rows = proposals.map((one) => [
      nameOf(one),
      one.field,
      one.now,
      { text: one.proposed, tone: one.now === one.proposed ? ("faint" as const) : ("strong" as const) },
      one.arithmetic.join("\n"),
    ]);
    parts.push(formatTable(["for", "field", "now", "proposed", "arithmetic"], rows));
  }
  if (refusals.length > 0) {
    parts.push(["Nothing proposed for:", ...refusals.map((one) => `  ${nameOf(one)}: ${one.why}`)].join("\n"));
  }
  if (ignored.length > 0) parts.push(["Not read:", ...ignored.map((why) => `  ${why}`)].join("\n"));
  parts.push("Nothing was written. Values hold for the hours that were measured; look at a day with the highest load.");
  return parts.join("\n\n");
}
