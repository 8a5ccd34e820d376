// Query parameters: each names a leaf of the request message by its path, in proto or JSON names. Those that the path
// or the body binds are no parameters.
import type { DescField, DescMessage, JsonObject } from "@bufbuild/protobuf";
import { DomainError, type FieldViolation } from "@ordermesh/runtime/errors";
import { REQUEST_MALFORMED } from "../errors.ts";
import { type FieldPath, holderOf, leafOf, pathText, resolveFieldPath } from "./field-binding.ts";
import { allowedNames } from "./json-descriptions.ts";
import { decodeQueryText } from "./percent-decoding.ts";
import { jsonFromText, takesText } from "./text-values.ts";

const MOST_PARAMETERS = 2_000;

function decode(text: string): string {
  try {
    return decodeQueryText(text);
  } catch {
    throw new DomainError(
      REQUEST_MALFORMED,
      `the query holds ${JSON.stringify(text.slice(0, 64))}; allowed: UTF-8, percent-encoded`,
    );
  }
}

export class QueryBinder {
  private readonly message: DescMessage;
  private readonly bound: readonly FieldPath[];
  private readonly bodyTakesAll: boolean;

  /** `bound` are the fields that path and body bind; `bodyTakesAll` is a body of "*", which leaves no parameters. */
  constructor(message: DescMessage, bound: readonly FieldPath[], bodyTakesAll: boolean) {
    this.message = message;
    this.bound = bound;
    this.bodyTakesAll = bodyTakesAll;
  }

  /** Adds the parameters of `query`, the text after the question mark, to `json`. Faults go to `violations`. */
  bind(query: string, json: JsonObject, violations: FieldViolation[]): void {
    let count = 0;
    for (let start = 0; start < query.length; ) {
      const ampersand = query.indexOf("&", start);
      const end = ampersand < 0 ? query.length : ampersand;
      if (end > start) {
        if (++count > MOST_PARAMETERS) {
          throw new DomainError(REQUEST_MALFORMED, `the query has more than ${MOST_PARAMETERS} parameters`);
        }
        const equals = query.indexOf("=", start);
        const split = equals < 0 || equals > end ? end : equals;
        const name = decode(query.slice(start, split));
        this.parameter(name, decode(query.slice(split + 1, end)), json, violations);
      }
      start = end + 1;
    }
  }

  private parameter(name: string, text: string, json: JsonObject, violations: FieldViolation[]): void {
    const path = this.bodyTakesAll ? undefined : resolveFieldPath(this.message, name.split("."));
    if (path === undefined || "failed" in path) {
      const within = path?.within ?? this.message;
      const top = within === this.message;
      const allowed =
        path === undefined ? "none" : allowedNames(within, top ? (field) => this.isBound([field]) : undefined);
      violations.push({ field: name, description: `unknown parameter; allowed: ${allowed}`, reason: "UNKNOWN_FIELD" });
      return;
    }
    const leaf = leafOf(path);
    if (this.isBound(path)) {
      const description = "comes from the path or the body; allowed only there";
      violations.push({ field: pathText(path), description, reason: "UNKNOWN_FIELD" });
    } else if (!takesText(leaf)) {
      const inner = leaf.fieldKind === "message" ? `; allowed: its fields, ${allowedNames(leaf.message)}` : "";
      const description = `cannot be given as a query parameter${inner}`;
      violations.push({ field: pathText(path), description, reason: "UNKNOWN_FIELD" });
    } else {
      put(holderOf(json, path), leaf, text, path, violations);
    }
  }

  private isBound(path: FieldPath): boolean {
    return this.bound.some((bound) => bound.every((field, i) => path[i] === field));
  }
}

function put(holder: JsonObject, leaf: DescField, text: string, path: FieldPath, violations: FieldViolation[]): void {
  const value = jsonFromText(leaf, text);
  const present = holder[leaf.jsonName];
  if (leaf.fieldKind === "list") {
    if (Array.isArray(present)) present.push(value);
    else holder[leaf.jsonName] = [value];
  } else if (present !== undefined) {
    violations.push({ field: pathText(path), description: "given more than once; allowed: once", reason: "SET_TWICE" });
  } else {
    holder[leaf.jsonName] = value;
  }
}
