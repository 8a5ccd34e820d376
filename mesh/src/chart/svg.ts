// Writes SVG: elements, attributes, and text that cannot break out of them.

/** Finished markup, or text that still has to be escaped. */
export type Markup = { readonly raw: string } | { readonly escaped: string };

type Attributes = Readonly<Record<string, string | number>>;

const escapes: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** For text and for attributes in double quotes. */
export const escapeXml = (value: string): string => value.replace(/[&<>"]/g, (character) => escapes[character] ?? "");

/** Numbers are rounded to a hundredth of a point. */
export function element(
  name: string,
  attributes: Attributes,
  content: readonly Markup[] = [],
): { readonly raw: string } {
  const written = Object.entries(attributes)
    .map(
      ([key, value]) =>
        ` ${key}="${escapeXml(String(typeof value === "number" ? Math.round(value * 100) / 100 : value))}"`,
    )
    .join("");
  const inner = content.map((part) => ("raw" in part ? part.raw : escapeXml(part.escaped))).join("");
  return { raw: inner === "" ? `<${name}${written}/>` : `<${name}${written}>${inner}</${name}>` };
}

export const text = (attributes: Attributes, content: string): Markup =>
  element("text", attributes, [{ escaped: content }]);
