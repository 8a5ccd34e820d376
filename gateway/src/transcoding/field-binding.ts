// Places values from path and query in the JSON object that becomes the request message.
import type { DescField, DescMessage, JsonObject, Message } from "@bufbuild/protobuf";
import { hasCustomJsonRepresentation } from "@bufbuild/protobuf/wkt";
import { fieldNamed } from "./field-names.ts";
import { isObject } from "./json-faults.ts";

/** Fields from the request message down to one of its leaves. Never empty. */
export type FieldPath = readonly [DescField, ...DescField[]];

/** The path in JSON names: filter.createdAfter. */
export function pathText(path: FieldPath): string {
  return path.map((field) => field.jsonName).join(".");
}

/** The field that a path ends at. */
export function leafOf(path: FieldPath): DescField {
  return path.at(-1) ?? path[0];
}

/**
 * Follows names, proto or JSON, through singular messages. Returns the name that leads nowhere, and the message that
 * lacks it, when they lead to no field.
 */
export function resolveFieldPath(
  message: DescMessage,
  names: readonly string[],
): FieldPath | { readonly failed: string; readonly within: DescMessage } {
  const path: DescField[] = [];
  let within = message;
  for (const [i, name] of names.entries()) {
    const field = fieldNamed(within, name);
    if (field === undefined) return { failed: name, within };
    path.push(field);
    if (i === names.length - 1) break;
    // A time or a wrapper is one value in JSON; its inner fields have no names there.
    if (field.fieldKind !== "message" || hasCustomJsonRepresentation(field.message))
      return { failed: names[i + 1] ?? "", within };
    within = field.message;
  }
  const [first, ...rest] = path;
  return first === undefined ? { failed: "", within } : [first, ...rest];
}

/** The object that holds the leaf of `path`, made where it is missing. */
export function holderOf(root: JsonObject, path: FieldPath): JsonObject {
  let holder = root;
  for (let i = 0; i < path.length - 1; i++) {
    const name = path[i]?.jsonName ?? "";
    const inner = holder[name];
    if (isObject(inner)) holder = inner;
    else {
      const made: JsonObject = {};
      holder[name] = made;
      holder = made;
    }
  }
  return holder;
}

/** The value at `path`, or undefined when a message on the way is not set. */
export function valueAt(message: Message, path: FieldPath): unknown {
  let current: unknown = message;
  for (const field of path) {
    if (typeof current !== "object" || current === null) return undefined;
    const holder = current as Record<string, unknown>;
    if (field.oneof === undefined) current = holder[field.localName];
    else {
      const choice = holder[field.oneof.localName] as { case?: string; value?: unknown };
      current = choice.case === field.localName ? choice.value : undefined;
    }
  }
  return current;
}
