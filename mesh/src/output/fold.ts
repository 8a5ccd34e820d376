// Folds text into columns that fit a terminal.

/** Narrower than this, a column can no longer be read. */
const leastWidth = 8;

/**
 * Narrows the widest columns, and no further than needed; each keeps at least 8 columns, so that a very small terminal
 * gets a table that is too wide rather than one that says nothing.
 */
export function fitWidths(natural: readonly number[], available: number): number[] {
  const widths = [...natural];
  for (;;) {
    const excess = widths.reduce((total, width) => total + width, 0) - available;
    const widest = Math.max(...widths);
    if (excess <= 0 || widest <= leastWidth) return widths;
    const next = Math.max(leastWidth, ...widths.filter((width) => width < widest));
    const count = widths.filter((width) => width === widest).length;
    const narrower = Math.max(next, Math.floor(widest - excess / count), leastWidth);
    // Equal columns may differ by one where the excess cannot be shared out.
    const target = narrower < widest ? narrower : widest - 1;
    for (let index = 0; index < widths.length; index += 1) if (widths[index] === widest) widths[index] = target;
  }
}

/** Breaks at spaces, else after a slash, else after one of `. , -`, else where the width ends; lines that the text has are kept. */
export function foldText(text: string, width: number): string[] {
  return text.split("\n").flatMap((line) => foldLine(line, Math.max(1, width)));
}

function foldLine(line: string, width: number): string[] {
  const folded: string[] = [];
  let rest = line;
  while (rest.length > width) {
    const space = rest.lastIndexOf(" ", width);
    const at = space > 0 ? space : lastBreak(rest, width);
    folded.push(rest.slice(0, at).trimEnd());
    rest = rest.slice(at).trimStart();
  }
  return [...folded, rest];
}

function lastBreak(text: string, width: number): number {
  const after = (signs: readonly string[]): number =>
    Math.max(...signs.map((sign) => text.lastIndexOf(sign, width - 1))) + 1;
  return after(["/"]) || after([".", ",", "-"]) || width;
}
