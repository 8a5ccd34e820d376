// Envoy's matchers of text: envoy.type.matcher.v3.StringMatcher.
import { z } from "zod";

export const stringMatcherShape = z.object({
  exact: z.string().optional(),
  prefix: z.string().optional(),
  suffix: z.string().optional(),
  contains: z.string().optional(),
  safe_regex: z.object({ regex: z.string() }).optional(),
  ignore_case: z.boolean().default(false),
});
export type StringMatcher = z.infer<typeof stringMatcherShape>;

/** @returns undefined for a matcher of a kind that is not known here, or an expression that only RE2 can read */
export function matchesString(matcher: StringMatcher, text: string): boolean | undefined {
  const fold = (value: string): string => (matcher.ignore_case ? value.toLowerCase() : value);
  const { exact, prefix, suffix, contains, safe_regex: regex } = matcher;
  if (exact !== undefined) return fold(text) === fold(exact);
  if (prefix !== undefined) return fold(text).startsWith(fold(prefix));
  if (suffix !== undefined) return fold(text).endsWith(fold(suffix));
  if (contains !== undefined) return fold(text).includes(fold(contains));
  if (regex !== undefined) return matchesRegex(regex.regex, text);
  return undefined;
}

/** Envoy's expressions are RE2's and match the whole text. */
export function matchesRegex(regex: string, text: string): boolean | undefined {
  try {
    return new RegExp(`^(?:${regex})$`, "u").test(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** How a matcher is shown to people. */
export function describeMatcher({ exact, prefix, suffix, contains, safe_regex: regex }: StringMatcher): string {
  if (exact !== undefined) return exact;
  if (prefix !== undefined) return `${prefix}*`;
  if (suffix !== undefined) return `*${suffix}`;
  if (contains !== undefined) return `*${contains}*`;
  return regex === undefined ? "a matcher that is not known here" : `/${regex.regex}/`;
}
