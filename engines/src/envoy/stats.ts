/**
 * Reads what `/stats` prints, a line `name: value` each. Histograms and texts, which are no single number, are left
 * out.
 */
export function parseStats(text: string, filter?: RegExp): Map<string, number> {
  const stats = new Map<string, number>();
  for (const line of text.split("\n")) {
    const [, name, value] = /^(.+): (\d+)$/.exec(line) ?? [];
    // `search`, unlike `test`, has no memory when the expression is global.
    if (name === undefined || (filter !== undefined && name.search(filter) === -1)) continue;
    stats.set(name, Number(value));
  }
  return stats;
}
