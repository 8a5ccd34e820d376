// Reads the bytes of a body as JSON text: UTF-8, not nested too deeply. Parsing is left to the message's parser.
import { DomainError } from "@ordermesh/runtime/errors";
import { BODY_MALFORMED, BODY_NOT_UTF8, BODY_TOO_DEEP } from "../errors.ts";

/** Levels of lists and objects that a body may have, and messages within messages. */
export const DEEPEST = 64;
/** Below this size no nesting can hurt, so the check is left to the message's parser. */
const HARMLESS_BYTES = 4096;

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Levels of lists and objects in JSON text, text within quotes left aside; it stops counting past the limit. */
export function nestingOf(text: string, limit: number): number {
  let depth = 0;
  let deepest = 0;
  for (let i = 0; i < text.length && deepest <= limit; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x22) {
      for (i++; i < text.length && text.charCodeAt(i) !== 0x22; i++) if (text.charCodeAt(i) === 0x5c) i++;
    } else if (c === 0x5b || c === 0x7b) {
      if (++depth > deepest) deepest = depth;
    } else if (c === 0x5d || c === 0x7d) depth--;
  }
  return deepest;
}

/** Throws BODY_TOO_DEEP when the text nests deeper than is allowed. */
export function checkNesting(text: string): void {
  if (nestingOf(text, DEEPEST) > DEEPEST) {
    throw new DomainError(BODY_TOO_DEEP, `the body is nested more deeply than allowed; allowed: ${DEEPEST} levels`);
  }
}

/** The text of a body. Throws BODY_NOT_UTF8, BODY_TOO_DEEP. */
export function jsonText(bytes: Uint8Array): string {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch (cause) {
    throw new DomainError(BODY_NOT_UTF8, "the body is not UTF-8; allowed: JSON in UTF-8", { cause });
  }
  if (text.length > HARMLESS_BYTES) checkNesting(text);
  return text;
}

/** The error of a body that is not JSON; the parser's words say where. */
export function malformed(cause: unknown): DomainError {
  const reason = cause instanceof Error ? cause.message.replace(/[\s\S]*?Error: /, "").slice(0, 160) : "not JSON";
  return new DomainError(BODY_MALFORMED, `the body is not JSON: ${reason}`, { cause });
}
