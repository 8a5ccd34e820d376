import type { DescField, DescMessage, Message } from "@bufbuild/protobuf";
import { type Path, reflect } from "@bufbuild/protobuf/reflect";

/** Whether any text of a message, however deep, holds NUL, which no PostgreSQL text can. Quick: most messages have none. */
export function holdsNul(value: unknown): boolean {
  if (typeof value === "string") return value.includes("\0");
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return false;
  for (const key in value) {
    if (key.includes("\0") || holdsNul((value as Record<string, unknown>)[key])) return true;
  }
  return false;
}

/** The paths of the fields that hold it; of a map the map itself. */
export function nulPaths(schema: DescMessage, message: Message, above: Path = []): Path[] {
  const reflected = reflect(schema, message);
  return schema.fields.flatMap((field): Path[] => {
    if (!reflected.isSet(field)) return [];
    const path: Path = [...above, field];
    const value: unknown = Reflect.get(message, field.localName);
    if (field.fieldKind === "list" && Array.isArray(value)) {
      return value.flatMap((item, index) => pathsIn(field, item, [...path, { kind: "list_sub", index }]));
    }
    return pathsIn(field, value, path);
  });
}

function pathsIn(field: DescField, value: unknown, path: Path): Path[] {
  if (!holdsNul(value)) return [];
  return field.message !== undefined && field.fieldKind !== "map"
    ? nulPaths(field.message, value as Message, path)
    : [path];
}
