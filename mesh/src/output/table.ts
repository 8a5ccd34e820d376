// The one way in which commands print tables: no frames, so that a column can be cut out or pasted into a review.
import CliTable from "cli-table3";
import { paint, type Tone } from "./colour.ts";
import { fitWidths, foldText } from "./fold.ts";

export type Cell = string | number | { readonly text: string | number; readonly tone: Tone };

/** A heading alone, or with the side to which its cells go; columns of numbers go to the right by themselves. */
export type Column = string | { readonly title: string; readonly align: "left" | "right" };

const textOf = (cell: Cell): string => String(typeof cell === "object" ? cell.text : cell);
const isNumber = (cell: Cell): boolean => typeof (typeof cell === "object" ? cell.text : cell) === "number";

const noFrame = {
  ...{ top: "", "top-mid": "", "top-left": "", "top-right": "", bottom: "", "bottom-mid": "", "bottom-left": "" },
  ...{ "bottom-right": "", left: "", "left-mid": "", mid: "", "mid-mid": "", right: "", "right-mid": "", middle: "  " },
};

/**
 * @param width columns of the terminal; where output is no terminal, rows are as long as they are
 * @returns the table without a line break at its end
 */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  width: number | undefined = process.stdout.isTTY ? process.stdout.columns : undefined,
): string {
  const titles = columns.map((column) => (typeof column === "string" ? column : column.title));
  const natural = titles.map((title, index) =>
    Math.max(
      title.length,
      ...rows.map((row) =>
        Math.max(
          ...textOf(row[index] ?? "")
            .split("\n")
            .map(lengthOf),
        ),
      ),
    ),
  );
  const widths = width === undefined ? natural : fitWidths(natural, width - 2 * (columns.length - 1));
  const table = new CliTable({
    head: titles.map((title, index) => fold(title.toUpperCase(), widths[index], "strong")),
    colAligns: columns.map((column, index) => alignOf(column, rows, index)),
    chars: noFrame,
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
  });
  for (const row of rows) {
    table.push(
      row.map((cell, index) => fold(textOf(cell), widths[index], typeof cell === "object" ? cell.tone : undefined)),
    );
  }
  return table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}

const lengthOf = (line: string): number => line.length;

function alignOf(column: Column, rows: readonly (readonly Cell[])[], index: number): "left" | "right" {
  if (typeof column === "object") return column.align;
  return rows.length > 0 && rows.every((row) => isNumber(row[index] ?? "")) ? "right" : "left";
}

// Folded before it is painted: a colour must not run over the line.
function fold(text: string, width: number | undefined, tone: Tone | undefined): string {
  const lines = foldText(text, width ?? text.length);
  return lines.map((line) => (tone === undefined || line === "" ? line : paint(tone, line))).join("\n");
}
