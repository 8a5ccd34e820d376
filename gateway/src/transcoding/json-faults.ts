// Finds what is wrong with JSON that did not fit a message: the slower second pass, taken only when the fast parser
// has refused. Each value is tried alone with that same parser, so that both always agree on what is allowed.
import {
  type DescField,
  type DescMessage,
  type DescOneof,
  fromJson,
  type JsonObject,
  type JsonValue,
} from "@bufbuild/protobuf";
import { hasCustomJsonRepresentation } from "@bufbuild/protobuf/wkt";
import type { FieldViolation } from "@ordermesh/runtime/errors";
import { fieldNamed } from "./field-names.ts";
import { allowedElement, allowedNames, allowedValue, given } from "./json-descriptions.ts";

/** Reasons of violations that come from the form of the input, not from a rule of the field. */
export type FaultReason = "UNKNOWN_FIELD" | "WRONG_TYPE" | "SET_TWICE" | "NUL_CHARACTER";

const MOST_FAULTS = 20;
const MOST_TRIED = 10_000;

export function isObject(json: JsonValue | undefined): json is JsonObject {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

class FaultFinder {
  readonly faults: FieldViolation[] = [];
  private tried = 0;

  report(field: string, reason: FaultReason, description: string): void {
    this.faults.push({ field, description, reason });
  }

  get done(): boolean {
    return this.faults.length >= MOST_FAULTS || this.tried >= MOST_TRIED;
  }

  /** Whether the parser takes `json` as the value of the field, everything else left away. */
  fits(field: DescField, json: JsonValue): boolean {
    this.tried++;
    try {
      fromJson(field.parent, { [field.jsonName]: json });
      return true;
    } catch {
      return false;
    }
  }

  message(message: DescMessage, json: JsonObject, path: string): void {
    const seen = new Set<DescField | DescOneof>();
    for (const [key, value] of Object.entries(json)) {
      if (this.done) return;
      const at = path === "" ? key : `${path}.${key}`;
      const field = fieldNamed(message, key);
      if (field === undefined) {
        this.report(at, "UNKNOWN_FIELD", `unknown field; allowed: ${allowedNames(message)}`);
      } else if (seen.has(field) || (field.oneof !== undefined && seen.has(field.oneof))) {
        const rule = field.oneof
          ? `only one of ${field.oneof.fields.map((one) => one.jsonName).join(", ")}`
          : "it once";
        this.report(at, "SET_TWICE", `set more than once; allowed: ${rule}`);
      } else {
        seen.add(field);
        if (field.oneof !== undefined && value !== null) seen.add(field.oneof);
        this.value(field, value, at);
      }
    }
  }

  value(field: DescField, json: JsonValue, path: string): void {
    if (this.fits(field, json)) return;
    const before = this.faults.length;
    if (field.fieldKind === "list" && Array.isArray(json)) {
      for (let i = 0; i < json.length && !this.done; i++) {
        this.element(field, json[i] ?? null, [json[i] ?? null], `${path}[${i}]`);
      }
    } else if (field.fieldKind === "map" && isObject(json)) {
      for (const [key, value] of Object.entries(json)) {
        if (!this.done) this.element(field, value, { [key]: value }, `${path}[${JSON.stringify(key)}]`);
      }
    } else if (field.fieldKind === "message") {
      this.element(field, json, json, path);
    }
    if (this.faults.length === before && !this.done) {
      this.report(path, "WRONG_TYPE", `given ${given(json)}; allowed: ${allowedValue(field)}`);
    }
  }

  /** One element; `whole` is a value of the field that holds nothing but this element. */
  private element(field: DescField, json: JsonValue, whole: JsonValue, path: string): void {
    if (this.fits(field, whole)) return;
    const before = this.faults.length;
    const { message } = field;
    if (message !== undefined && isObject(json) && !hasCustomJsonRepresentation(message)) {
      this.message(message, json, path);
    }
    if (this.faults.length === before) {
      this.report(path, "WRONG_TYPE", `given ${given(json)}; allowed: ${allowedElement(field)}`);
    }
  }

  /** Databases and C libraries cannot hold NUL in text, so it is refused at the edge. */
  nul(json: JsonValue, path: string): void {
    if (this.done) return;
    if (typeof json === "string") {
      if (json.includes("\0")) this.report(path, "NUL_CHARACTER", "holds U+0000; allowed: text without it");
    } else if (Array.isArray(json)) {
      for (const [i, element] of json.entries()) this.nul(element, `${path}[${i}]`);
    } else if (isObject(json)) {
      for (const [key, value] of Object.entries(json)) {
        const at = path === "" ? key : `${path}.${key}`;
        this.nul(key, at);
        this.nul(value, at);
      }
    }
  }
}

/** Everything wrong with `json` as a `message`, up to a bound, in JSON names: lines[0].skuu, with what is allowed. */
export function jsonFaults(message: DescMessage, json: JsonValue): FieldViolation[] {
  const finder = new FaultFinder();
  if (isObject(json)) finder.message(message, json, "");
  else finder.report("", "WRONG_TYPE", `given ${given(json)}; allowed: an object with ${allowedNames(message)}`);
  return finder.faults;
}

/** Where `json` holds the character U+0000. */
export function nulFaults(json: JsonValue): FieldViolation[] {
  const finder = new FaultFinder();
  finder.nul(json, "");
  return finder.faults;
}
