// YAML as a person would write a policy: what fits on a line is on one line.
import { Document, isCollection, isMap, isScalar, type Node, visit } from "yaml";

/** @param about the comment above it, without `#` */
export function shortYaml(value: unknown, about: string): string {
  const document = new Document(value, { aliasDuplicateObjects: false });
  visit(document, {
    Collection: (_, node, path) => {
      if (path.length > 1 && isShort(node)) node.flow = true;
    },
  });
  document.commentBefore = ` ${about}`;
  return document.toString({ lineWidth: 0, flowCollectionPadding: true }).replace(/^(#[^\n]*\n)\n/, "$1");
}

/** Of plain values, and lists of them; no longer than a line takes. */
function isShort(node: Node): boolean {
  if (!isCollection(node)) return true;
  const values = isMap(node) ? node.items.map(({ value }) => value) : node.items;
  const plain = values.every(
    (value) => isScalar(value) || (isCollection(value) && !isMap(value) && isShort(value as Node)),
  );
  return plain && JSON.stringify(node.toJSON()).length <= 110;
}
