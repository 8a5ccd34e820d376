// Reads the google.api.http options of methods into bindings: which request reaches which method, and how its parts
// fill the request message. All faults of an annotation are found here, at the start, not at the first request.
import { type DescField, type DescMethod, getOption, hasOption } from "@bufbuild/protobuf";
import { type HttpRule, http } from "@ordermesh/proto/google";
import { type FieldPath, leafOf, resolveFieldPath } from "./field-binding.ts";
import { type PathTemplate, parsePathTemplate, type TemplateVariable } from "./path-template.ts";
import { takesText } from "./text-values.ts";

/** A variable of the path and the field that it fills. */
export interface BoundVariable extends TemplateVariable {
  readonly path: FieldPath;
}

export interface HttpBinding {
  readonly method: DescMethod;
  /** GET, POST, …, or "*" for any. */
  readonly httpMethod: string;
  readonly template: PathTemplate;
  readonly variables: readonly BoundVariable[];
  /** The whole request, one field of it, or nothing. */
  readonly body: "all" | DescField | undefined;
  /** The field of the response that is the answer; undefined for the whole response. */
  readonly responseBody: DescField | undefined;
}

function topLevelField(method: DescMethod, side: "input" | "output", name: string, option: string): DescField {
  const field = method[side].fields.find((candidate) => candidate.name === name);
  if (field === undefined) throw new Error(`${method}: ${option} "${name}" is no field of ${method[side].typeName}`);
  return field;
}

function bindVariable(method: DescMethod, variable: TemplateVariable): BoundVariable {
  const path = resolveFieldPath(method.input, variable.fieldPath);
  const name = variable.fieldPath.join(".");
  if ("failed" in path) throw new Error(`${method}: path variable {${name}} is no field of ${method.input.typeName}`);
  const leaf = leafOf(path);
  if (leaf.fieldKind === "list" || !takesText(leaf)) {
    throw new Error(`${method}: path variable {${name}} must be a single value, not a list, map or message`);
  }
  return { ...variable, path };
}

function patternOf(method: DescMethod, rule: HttpRule): { httpMethod: string; path: string } {
  const { pattern } = rule;
  if (pattern.case === undefined) throw new Error(`${method}: google.api.http names no HTTP method and path`);
  if (pattern.case !== "custom") return { httpMethod: pattern.case.toUpperCase(), path: pattern.value };
  const { kind, path } = pattern.value;
  if (!/^([A-Za-z]+|\*)$/.test(kind)) throw new Error(`${method}: custom kind "${kind}" is no HTTP method`);
  return { httpMethod: kind.toUpperCase(), path };
}

function bindRule(method: DescMethod, rule: HttpRule): HttpBinding {
  const { httpMethod, path } = patternOf(method, rule);
  const template = parsePathTemplate(path);
  const variables = template.variables.map((variable) => bindVariable(method, variable));
  const body =
    rule.body === "" ? undefined : rule.body === "*" ? "all" : topLevelField(method, "input", rule.body, "body");
  if (typeof body === "object" && variables.some(({ path: [first] }) => first === body)) {
    throw new Error(`${method}: field ${body.name} is bound by both the path and the body`);
  }
  const responseBody =
    rule.responseBody === "" ? undefined : topLevelField(method, "output", rule.responseBody, "response_body");
  return { method, httpMethod, template, variables, body, responseBody };
}

/**
 * The bindings of a method: its rule and the additional ones; none when it has no google.api.http option.
 * Throws, naming the method, when a rule does not fit it.
 */
export function httpBindings(method: DescMethod): HttpBinding[] {
  if (!hasOption(method, http)) return [];
  const rule = getOption(method, http);
  if (rule.additionalBindings.some((additional) => additional.additionalBindings.length > 0)) {
    throw new Error(`${method}: additional_bindings must not be nested`);
  }
  if (method.methodKind === "client_streaming" || method.methodKind === "bidi_streaming") {
    throw new Error(`${method}: a method with a stream of requests cannot be called over REST`);
  }
  return [rule, ...rule.additionalBindings].map((one) => bindRule(method, one));
}
