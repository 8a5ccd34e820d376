// Parses a source file, and walks over what it says.
import { extname } from "node:path";
import { type ParserPlugin, parse } from "@babel/parser";

/** A node of the syntax tree; of the many kinds only a few are looked at, each by its own fields. */
export interface Node {
  readonly type: string;
  readonly loc?: { readonly start: { readonly line: number } } | null;
  readonly [field: string]: unknown;
}

export interface SourceFile {
  readonly file: string;
  readonly program: Node;
}

/** The tree, or why there is none. */
export function parseSource(text: string, file: string): SourceFile | { file: string; line: number; message: string } {
  const extension = extname(file);
  const plugins: ParserPlugin[] = /\.[mc]?tsx?$/.test(extension) ? ["typescript"] : [];
  if (extension !== ".ts" && extension !== ".mts" && extension !== ".cts") plugins.push("jsx");
  try {
    const { program } = parse(text, { sourceType: "unambiguous", plugins: [...plugins, "decorators"] });
    return { file, program: program as unknown as Node };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const line = Number(/\((\d+):\d+\)/.exec(message)?.[1] ?? 1);
    return { file, line, message: `cannot be parsed: ${message}` };
  }
}

/** Calls `visit` for the node and all below it, the outer ones first. */
export function walk(node: Node, visit: (node: Node) => void): void {
  visit(node);
  for (const [field, value] of Object.entries(node)) {
    if (field === "loc" || field.endsWith("Comments")) continue;
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) walk(child, visit);
  }
}

export const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string";

/** The field as a node, or undefined. */
export function child(node: Node | undefined, field: string): Node | undefined {
  const value = node?.[field];
  return isNode(value) ? value : undefined;
}

/** The field as a list of nodes. */
export function children(node: Node | undefined, field: string): Node[] {
  const value = node?.[field];
  return Array.isArray(value) ? value.filter(isNode) : [];
}

/** The name by which an expression or key is known: of `a.b.c` and `this.#c` it is `c`, of `f(x)` it is `f`. */
export function nameOf(node: Node | undefined): string | undefined {
  if (node === undefined) return undefined;
  const { type } = node;
  if (type === "Identifier") return String(node["name"]);
  if (type === "StringLiteral") return String(node["value"]);
  if (type === "PrivateName") return nameOf(child(node, "id"));
  if (type === "MemberExpression" || type === "OptionalMemberExpression") {
    return node["computed"] === true ? undefined : nameOf(child(node, "property"));
  }
  if (type === "CallExpression" || type === "OptionalCallExpression") return nameOf(child(node, "callee"));
  if (type === "AwaitExpression") return nameOf(child(node, "argument"));
  if (type === "ParenthesizedExpression" || type === "TSNonNullExpression" || type === "TSAsExpression") {
    return nameOf(child(node, "expression"));
  }
  if (type === "TSQualifiedName") return nameOf(child(node, "right"));
  return undefined;
}
