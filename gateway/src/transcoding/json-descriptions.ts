// Words for people about JSON values: what was given, and what a field allows.
import { type DescEnum, type DescField, type DescMessage, type JsonValue, ScalarType } from "@bufbuild/protobuf";

const MOST_NAMES = 24;
const LONGEST_GIVEN = 48;

/** What was given, short enough for a message. */
export function given(json: JsonValue): string {
  if (Array.isArray(json)) return "a list";
  if (typeof json === "object" && json !== null) return "an object";
  const text = JSON.stringify(json);
  return text.length > LONGEST_GIVEN ? `${text.slice(0, LONGEST_GIVEN)}…` : text;
}

const listed = (names: readonly string[]): string =>
  names.length > MOST_NAMES ? `${names.slice(0, MOST_NAMES).join(", ")}, …` : names.join(", ");

/** Names of the fields of a message, as clients write them. */
export function allowedNames(message: DescMessage, except?: (field: DescField) => boolean): string {
  const fields = except === undefined ? message.fields : message.fields.filter((field) => !except(field));
  return fields.length === 0 ? "nothing" : listed(fields.map((field) => field.jsonName));
}

function allowedEnum(desc: DescEnum): string {
  return `one of ${listed(desc.values.map((value) => value.name))}`;
}

function allowedScalar(scalar: ScalarType): string {
  switch (scalar) {
    case ScalarType.STRING:
      return "a string of Unicode text";
    case ScalarType.BOOL:
      return "true or false";
    case ScalarType.BYTES:
      return "a string in base64";
    case ScalarType.FLOAT:
    case ScalarType.DOUBLE:
      return "a number";
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
      return "a whole number from -2147483648 to 2147483647";
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return "a whole number from 0 to 4294967295";
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return "a whole number from -9223372036854775808 to 9223372036854775807, written as a string";
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return "a whole number from 0 to 18446744073709551615, written as a string";
  }
}

function allowedMessage(message: DescMessage): string {
  switch (message.typeName) {
    case "google.protobuf.Timestamp":
      return "an RFC 3339 time such as 2026-01-31T12:00:00Z";
    case "google.protobuf.Duration":
      return "seconds with the suffix s, such as 1.5s";
    case "google.protobuf.FieldMask":
      return "field names in lowerCamelCase, separated by commas";
    case "google.protobuf.ListValue":
      return "a list";
    default: {
      const [first] = message.fields;
      const wrapper = message.typeName.startsWith("google.protobuf.") && message.fields.length === 1;
      if (wrapper && first?.fieldKind === "scalar") return allowedScalar(first.scalar);
      return `an object with ${allowedNames(message)}`;
    }
  }
}

/** What one element of a list, one value of a map, or the field itself allows. */
export function allowedElement(field: DescField): string {
  if (field.enum !== undefined) return allowedEnum(field.enum);
  if (field.message !== undefined) return allowedMessage(field.message);
  return field.scalar === undefined ? "nothing" : allowedScalar(field.scalar);
}

/** What the field as a whole allows. */
export function allowedValue(field: DescField): string {
  if (field.fieldKind === "list") return `a list, each element ${allowedElement(field)}`;
  if (field.fieldKind === "map") return `an object, each value ${allowedElement(field)}`;
  return allowedElement(field);
}
