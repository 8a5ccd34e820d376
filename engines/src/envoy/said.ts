/**
 * The lines of what Envoy said. Where it prints protobuf messages it puts a random number of spaces between words, so
 * that nobody parses them: one is enough for people, and equal faults then read equal.
 */
export function linesOf(text: string): string[] {
  const lines = text.split("\n").map((line) => line.replace(/[ \t]+/g, " ").trim());
  return lines.filter((line) => line !== "");
}
