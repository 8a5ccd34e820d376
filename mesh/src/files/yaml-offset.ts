// Where a part of a YAML document is written.
import { isMap, isNode, isScalar, isSeq } from "yaml";
import type { Path } from "./issues.ts";

/** @returns the offset in the text of a path, or of the nearest part above it that is written */
export function offsetAt(contents: unknown, path: Path): number {
  let node = contents;
  let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
      if (pair === undefined) break;
      // The key's line is where a person looks for it.
      if (isScalar(pair.key)) offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
      if (!isNode(node)) break;
      offset = node.range?.[0] ?? offset;
    } else break;
  }
  return offset;
}
