// Values of paths and queries are text; the protobuf JSON mapping says what each kind of field makes of it. Here text
// becomes the JSON value that the mapping reads, so that one parser and one description of faults serve all inputs.
import { type DescField, type DescMessage, type JsonValue, ScalarType } from "@bufbuild/protobuf";
import { isWrapperDesc } from "@bufbuild/protobuf/wkt";

/** Messages whose JSON is one text or number, so that one path segment or query parameter can hold it. */
function isTextMessage(message: DescMessage): boolean {
  return (
    message.typeName === "google.protobuf.Timestamp" ||
    message.typeName === "google.protobuf.Duration" ||
    message.typeName === "google.protobuf.FieldMask" ||
    isWrapperDesc(message)
  );
}

/** Whether the value of the field, or of one element of a list, can be written as text. */
export function takesText(field: DescField): boolean {
  if (field.fieldKind === "map") return false;
  return field.message === undefined || isTextMessage(field.message);
}

function scalarFromText(scalar: ScalarType, text: string): JsonValue {
  if (scalar === ScalarType.BOOL) return text === "true" ? true : text === "false" ? false : text;
  return text;
}

/** The JSON value that `text` stands for. A text that does not fit is returned as it is: the parser will refuse it. */
export function jsonFromText(field: DescField, text: string): JsonValue {
  if (field.enum !== undefined) return /^-?\d{1,10}$/.test(text) ? Number(text) : text;
  if (field.message === undefined) return field.scalar === undefined ? text : scalarFromText(field.scalar, text);
  if (isWrapperDesc(field.message)) return scalarFromText(field.message.fields[0].scalar, text);
  return text;
}
