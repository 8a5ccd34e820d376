// The Location header of a method's policy: a template such as /v1/orders/{order.id}, filled from the response.
import type { DescField, DescMethod, Message } from "@bufbuild/protobuf";
import { leafOf, resolveFieldPath, valueAt } from "./field-binding.ts";
import { takesText } from "./text-values.ts";

/** Makes the header's value from a response; undefined when a field that it names is not set. */
export type LocationWriter = (response: Message) => string | undefined;

function textOf(leaf: DescField, value: unknown): string | undefined {
  if (leaf.enum !== undefined) return leaf.enum.value[Number(value)]?.name;
  return typeof value === "object" || value === undefined || value === "" ? undefined : String(value);
}

/** Reads a location template. Throws, naming the method, when it names no field of the response. */
export function locationWriter(method: DescMethod, template: string): LocationWriter {
  const parts = template.split(/\{([^{}]*)\}/);
  const paths = parts
    .filter((_, i) => i % 2 === 1)
    .map((name) => {
      const path = resolveFieldPath(method.output, name.split("."));
      if ("failed" in path) throw new Error(`${method}: location {${name}} is no field of ${method.output.typeName}`);
      const leaf = leafOf(path);
      if (leaf.fieldKind === "list" || leaf.message !== undefined || !takesText(leaf)) {
        throw new Error(`${method}: location {${name}} must be a scalar or an enum`);
      }
      return path;
    });
  return (response) => {
    let result = parts[0] ?? "";
    for (const [i, path] of paths.entries()) {
      const text = textOf(leafOf(path), valueAt(response, path));
      if (text === undefined) return undefined;
      result += encodeURIComponent(text) + (parts[2 * i + 2] ?? "");
    }
    return result;
  };
}
