// Fills a method's request message from the parts of an HTTP request. The body goes through the message's own JSON
// parser; path and query become one JSON object that is merged over it by the same rules.
import {
  create,
  type DescMessage,
  fromJsonString,
  type JsonObject,
  type JsonValue,
  type MessageShape,
  mergeFromJson,
} from "@bufbuild/protobuf";
import { DomainError, errors, type FieldViolation } from "@ordermesh/runtime/errors";
import { type FieldPath, holderOf, leafOf, pathText, valueAt } from "./field-binding.ts";
import type { HttpBinding } from "./http-bindings.ts";
import { given } from "./json-descriptions.ts";
import { isObject, jsonFaults, nulFaults } from "./json-faults.ts";
import { checkNesting, DEEPEST, jsonText, malformed } from "./json-text.ts";
import { captured } from "./percent-decoding.ts";
import { QueryBinder } from "./query-parameters.ts";
import { jsonFromText } from "./text-values.ts";

const readOptions = { recursionLimit: DEEPEST } as const;

export function invalid(violations: FieldViolation[]): DomainError {
  const [first] = violations;
  const more = violations.length > 1 ? ` (and ${violations.length - 1} more)` : "";
  const where = first === undefined || first.field === "" ? "" : `${first.field}: `;
  const message = `the request is not valid: ${where}${first?.description ?? ""}${more}`;
  return new DomainError(errors.VALIDATION_FAILED, message, { violations });
}

/** Explains why the parser refused; `error` is what it said. */
function refusal(schema: DescMessage, json: JsonValue, error: unknown): DomainError {
  const violations = jsonFaults(schema, json);
  if (violations.length > 0) return invalid(violations);
  const words = error instanceof Error ? error.message : "does not fit the message";
  const description = words.replace(/^cannot decode .*? from JSON: /, "");
  return invalid([{ field: "", description, reason: "WRONG_TYPE" }]);
}

function explainBody(schema: DescMessage, text: string, error: unknown): DomainError {
  checkNesting(text);
  let json: JsonValue;
  try {
    json = JSON.parse(text) as JsonValue;
  } catch (cause) {
    return malformed(cause);
  }
  return refusal(schema, json, error);
}

const isUnset = (value: unknown): boolean =>
  value === undefined || value === "" || value === 0 || value === 0n || value === false;

export class RequestBinder {
  private readonly binding: HttpBinding;
  private readonly schema: DescMessage;
  private readonly query: QueryBinder;

  constructor(binding: HttpBinding) {
    this.binding = binding;
    this.schema = binding.method.input;
    const paths = binding.variables.map((variable) => variable.path);
    const bound: FieldPath[] = typeof binding.body === "object" ? [...paths, [binding.body]] : paths;
    this.query = new QueryBinder(this.schema, bound, binding.body === "all");
  }

  /**
   * Binds the segments of the path, still encoded, the text of the query, and the bytes of the body, if any. Throws
   * DomainError with violations in JSON names when they do not fit the message.
   */
  bind(segments: readonly string[], query: string, bytes: Uint8Array | undefined): MessageShape<DescMessage> {
    const text = bytes === undefined || bytes.length === 0 ? undefined : jsonText(bytes);
    const message = text === undefined ? create(this.schema) : this.fromBody(text);
    if (this.binding.variables.length === 0 && query === "") return message;

    const violations: FieldViolation[] = [];
    const json: JsonObject = {};
    this.query.bind(query, json, violations);
    for (const { path, from, to, multi, open } of this.binding.variables) {
      const leaf = leafOf(path);
      const value = captured(segments, from, open ? segments.length : to, multi);
      holderOf(json, path)[leaf.jsonName] = jsonFromText(leaf, value);
    }
    if (query.includes("%00") || segments.some((segment) => segment.includes("%00")))
      violations.push(...nulFaults(json));
    this.merge(message, json, violations);
    if (violations.length > 0) throw invalid(violations);
    return message;
  }

  private fromBody(text: string): MessageShape<DescMessage> {
    const { body } = this.binding;
    let whole = text;
    if (typeof body === "object") {
      // Parsed on its own first: text that is no JSON value could otherwise end the object around it.
      this.parse(text);
      whole = `{${JSON.stringify(body.jsonName)}:${text}}`;
    }
    let message: MessageShape<DescMessage>;
    try {
      message = fromJsonString(this.schema, whole, readOptions);
    } catch (error) {
      throw explainBody(this.schema, whole, error);
    }
    if (whole.includes("\\u0000")) {
      const violations = nulFaults(this.parse(whole));
      if (violations.length > 0) throw invalid(violations);
    }
    return message;
  }

  private parse(text: string): JsonValue {
    try {
      return JSON.parse(text) as JsonValue;
    } catch (cause) {
      throw malformed(cause);
    }
  }

  private merge(message: MessageShape<DescMessage>, json: JsonObject, violations: FieldViolation[]): void {
    const { variables, body } = this.binding;
    const before = body === "all" ? variables.map(({ path }) => valueAt(message, path)) : undefined;
    try {
      mergeFromJson(this.schema, message, json, readOptions);
    } catch (error) {
      violations.push(...refusal(this.schema, json, error).violations);
      return;
    }
    before?.forEach((value, i) => {
      const path = variables[i]?.path;
      if (path === undefined || isUnset(value) || value instanceof Uint8Array || isObject(value as JsonValue)) return;
      const now = valueAt(message, path);
      if (now === value) return;
      const description = `given ${given(String(value))} in the body; allowed: ${given(String(now))}, as in the path`;
      violations.push({ field: pathText(path), description, reason: "WRONG_TYPE" });
    });
  }
}
