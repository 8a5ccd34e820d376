import { create, type DescMessage, type Message } from "@bufbuild/protobuf";
import { type Path, pathToString, reflect } from "@bufbuild/protobuf/reflect";
import { createValidator, type Violation } from "@bufbuild/protovalidate";
import { DomainError, errors, type FieldViolation } from "../errors/index.ts";
import { holdsNul, nulPaths } from "./nul-text.ts";

/** Error details travel in a header, so their number and length are bounded. */
const maxViolations = 20;
const maxGivenLength = 64;

const patterns = new Map<string, RegExp>();

/**
 * The patterns are our own protos' and plain enough for the platform's engine, which is many times faster than the
 * RE2 engine in JavaScript that protovalidate brings for patterns of unknown origin.
 */
function matchPattern(pattern: string, text: string): boolean {
  let compiled = patterns.get(pattern);
  if (!compiled) {
    compiled = new RegExp(pattern, "u");
    patterns.set(pattern, compiled);
  }
  return compiled.test(text);
}

const validator = createValidator({ regexMatch: matchPattern });

/** Compiles the rules of a message type, so that the first real message does not pay for it. */
export function warmValidation(schema: DescMessage): void {
  const { error, kind } = validator.validate(schema, create(schema));
  if (kind === "error") throw new Error(`the rules of ${schema.typeName} are not usable`, { cause: error });
}

/**
 * Checks a message against its protovalidate rules. Throws VALIDATION_FAILED that names each field by its path of
 * proto names, what was given, and what is allowed.
 */
export function validateMessage(schema: DescMessage, message: Message): void {
  if (holdsNul(message)) {
    const description = "holds U+0000; allowed: text without it";
    refuse(
      schema,
      nulPaths(schema, message).map((path) => ({ field: pathToString(path), description, reason: "NUL_CHARACTER" })),
    );
  }
  const result = validator.validate(schema, message);
  if (result.kind === "valid") return;
  if (result.kind === "error") throw result.error;
  refuse(
    schema,
    result.violations.flatMap((violation) => describe(schema, message, violation)),
  );
}

function refuse(schema: DescMessage, found: readonly FieldViolation[]): never {
  const violations = found.slice(0, maxViolations);
  const more = found.length - violations.length;
  const first = violations[0];
  const summary = first ? `${first.field || schema.name}: ${first.description}` : "the request breaks a rule";
  throw new DomainError(errors.VALIDATION_FAILED, more > 0 ? `${summary} (${more} more not listed)` : summary, {
    violations,
  });
}

function describe(schema: DescMessage, message: Message, violation: Violation): FieldViolation[] {
  return pathsOf(schema, message, violation).map((path) => {
    const given = givenText(message, path);
    return {
      field: pathToString(path),
      description: given === undefined ? violation.message : `${violation.message} (given ${given})`,
      reason: violation.ruleId,
    };
  });
}

/** A rule that wants one of several fields has no path, and names them in its text alone: those given, or else all. */
function pathsOf(schema: DescMessage, message: Message, { field, ruleId, message: text }: Violation): Path[] {
  if (ruleId !== "message.oneof" || field.length > 0) return [field];
  const words = new Set(text.match(/\w+/g));
  const candidates = schema.fields.filter(({ name }) => words.has(name));
  const reflected = reflect(schema, message);
  const given = candidates.filter((candidate) => reflected.isSet(candidate));
  return (given.length > 0 ? given : candidates).map((candidate) => [candidate]);
}

/** The scalar at a path as text, or undefined when it is not a scalar or cannot be followed. */
function givenText(message: Message, path: Path): string | undefined {
  let value: unknown = message;
  for (const step of path) {
    if (typeof value !== "object" || value === null) return undefined;
    const key = memberName(step);
    if (key === undefined) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  if (typeof value === "string") {
    return JSON.stringify(value.length > maxGivenLength ? `${value.slice(0, maxGivenLength)}…` : value);
  }
  return typeof value === "number" || typeof value === "bigint" || typeof value === "boolean" ? `${value}` : undefined;
}

function memberName(step: Path[number]): string | undefined {
  switch (step.kind) {
    case "field":
      return step.oneof ? undefined : step.localName;
    case "list_sub":
      return String(step.index);
    case "map_sub":
      return String(step.key);
    default:
      return undefined;
  }
}
