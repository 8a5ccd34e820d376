// Field names of messages: proto name (page_size) and JSON name (pageSize) both lead to a field.
import type { DescField, DescMessage } from "@bufbuild/protobuf";

const fieldsByName = new WeakMap<DescMessage, ReadonlyMap<string, DescField>>();

/** The field of `message` with this proto or JSON name. */
export function fieldNamed(message: DescMessage, name: string): DescField | undefined {
  let fields = fieldsByName.get(message);
  if (fields === undefined) {
    fields = new Map(
      message.fields.flatMap((field) => [[field.name, field] as const, [field.jsonName, field] as const]),
    );
    fieldsByName.set(message, fields);
  }
  return fields.get(name);
}

const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;

/**
 * Rewrites a path of proto names, such as lines[0].unit_price, to the names that a REST client knows, such as
 * lines[0].unitPrice. What is not a path into `message` stays as it is.
 */
export function jsonPath(message: DescMessage, path: string): string {
  let result = "";
  let current: DescMessage | undefined = message;
  let at = 0;
  while (at < path.length) {
    NAME.lastIndex = at;
    const name = NAME.exec(path)?.[0];
    const field: DescField | undefined = name === undefined ? undefined : current && fieldNamed(current, name);
    if (name === undefined || field === undefined) return result + path.slice(at);
    result += field.jsonName;
    at += name.length;
    const next = path.indexOf(".", at);
    const end = next < 0 ? path.length : next + 1;
    result += path.slice(at, end);
    at = end;
    current = field.message;
  }
  return result;
}
