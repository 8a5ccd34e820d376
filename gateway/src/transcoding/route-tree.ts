// Finds the route of a path in one walk over its segments. Literal text goes before *, and * before **; where the
// better branch leads nowhere, or not for this HTTP method, the walk comes back and tries the next.
import type { PathTemplate } from "./path-template.ts";

export type RouteMatch<R> =
  | { readonly kind: "found"; readonly route: R; readonly segments: readonly string[] }
  | { readonly kind: "method-not-allowed"; readonly allowed: readonly string[] }
  | { readonly kind: "not-found" };

interface Node<R> {
  readonly literals: Map<string, Node<R>>;
  single: Node<R> | undefined;
  rest: Node<R> | undefined;
  /** verb ("" for none) → HTTP method ("*" for any) → route */
  readonly ends: Map<string, Map<string, R>>;
}

const newNode = <R>(): Node<R> => ({ literals: new Map(), single: undefined, rest: undefined, ends: new Map() });

interface Walk<R> {
  readonly verb: string;
  readonly method: string;
  readonly segments: readonly string[];
  readonly allowed: Set<string>;
  route: R | undefined;
}

function child<R>(node: Node<R>, segment: PathTemplate["segments"][number]): Node<R> {
  if (segment.kind === "single") {
    node.single ??= newNode();
    return node.single;
  }
  if (segment.kind === "rest") {
    node.rest ??= newNode();
    return node.rest;
  }
  let next = node.literals.get(segment.text);
  if (next === undefined) {
    next = newNode();
    node.literals.set(segment.text, next);
  }
  return next;
}

function take<R>(node: Node<R>, walk: Walk<R>): boolean {
  const methods = node.ends.get(walk.verb);
  if (methods === undefined) return false;
  // HEAD is GET without the body; node:http leaves the body away.
  const route =
    methods.get(walk.method) ?? (walk.method === "HEAD" ? methods.get("GET") : undefined) ?? methods.get("*");
  if (route === undefined) {
    for (const method of methods.keys()) walk.allowed.add(method);
    return false;
  }
  walk.route = route;
  return true;
}

function step<R>(node: Node<R>, index: number, walk: Walk<R>): boolean {
  const segment = walk.segments[index];
  if (segment === undefined) {
    if (take(node, walk)) return true;
  } else {
    const literal = node.literals.get(segment.includes("%") ? decodeURIComponent(segment) : segment);
    if (literal !== undefined && step(literal, index + 1, walk)) return true;
    if (segment !== "" && node.single !== undefined && step(node.single, index + 1, walk)) return true;
  }
  return node.rest !== undefined && take(node.rest, walk);
}

export class RouteTree<R> {
  private readonly root: Node<R> = newNode();

  /** Adds a route. Throws when another has the same path, verb and HTTP method. */
  add(method: string, template: PathTemplate, route: R): void {
    let node = this.root;
    for (const segment of template.segments) node = child(node, segment);
    const verb = template.verb ?? "";
    const methods = node.ends.get(verb) ?? new Map<string, R>();
    if (methods.has(method)) throw new Error(`two routes answer ${method} ${template.source}`);
    methods.set(method, route);
    node.ends.set(verb, methods);
  }

  /**
   * Matches the path of a request, still percent-encoded, its query removed. Throws URIError when the encoding is
   * broken. A colon in the last segment starts a verb where a route knows that verb; elsewhere it is plain text.
   */
  match(method: string, path: string): RouteMatch<R> {
    if (path.includes("%")) decodeURIComponent(path);
    const segments = path.slice(1).split("/");
    const last = segments[segments.length - 1] ?? "";
    const colon = last.lastIndexOf(":");
    if (colon < 0) return this.walk(method, segments, "");

    const verb = decodeURIComponent(last.slice(colon + 1));
    const withVerb = this.walk(method, [...segments.slice(0, -1), last.slice(0, colon)], verb);
    if (withVerb.kind !== "not-found") return withVerb;
    const asText = this.walk(method, segments, "");
    // A path that is known only because its unknown verb was read as text is better called unknown.
    return asText.kind === "found" ? asText : { kind: "not-found" };
  }

  private walk(method: string, segments: readonly string[], verb: string): RouteMatch<R> {
    const walk: Walk<R> = { verb, method, segments, allowed: new Set(), route: undefined };
    if (step(this.root, 0, walk) && walk.route !== undefined) return { kind: "found", route: walk.route, segments };
    if (walk.allowed.size === 0) return { kind: "not-found" };
    if (walk.allowed.has("GET")) walk.allowed.add("HEAD");
    return { kind: "method-not-allowed", allowed: [...walk.allowed, "OPTIONS"].sort() };
  }
}
