// Examples at the end of a command's help.

/** @param examples what to type after `mesh `, and what it does */
export function examplesText(examples: readonly (readonly [line: string, does: string])[]): string {
  const width = Math.max(...examples.map(([line]) => line.length));
  return ["", "Examples:", ...examples.map(([line, does]) => `  mesh ${line.padEnd(width)}  ${does}`)].join("\n");
}
