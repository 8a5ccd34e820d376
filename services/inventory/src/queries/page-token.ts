// Page tokens of ListItems: the last sku of the page before, behind a version, so that the content may change later.
import { DomainError, errors } from "@ordermesh/runtime/errors";

const CONTENT = /^1:([a-z0-9][a-z0-9._-]{0,63})$/;

/** Token of the page that begins after `sku`. */
export function pageTokenAfter(sku: string): string {
  return Buffer.from(`1:${sku}`).toString("base64url");
}

/** The sku after which the page begins; empty for the first page. Throws PAGE_TOKEN_INVALID for a token not ours. */
export function skuOfPageToken(token: string): string {
  if (token === "") return "";
  const bytes = Buffer.from(token, "base64url");
  const sku = CONTENT.exec(bytes.toString("latin1"))?.[1];
  // Node skips what is not base64url; only the exact text that was handed out is accepted.
  if (sku !== undefined && pageTokenAfter(sku) === token) return sku;
  const description = `given ${JSON.stringify(token.slice(0, 64))}, allowed the next_page_token of the page before`;
  throw new DomainError(errors.PAGE_TOKEN_INVALID, `page_token: ${description}`, {
    violations: [{ field: "page_token", description, reason: errors.PAGE_TOKEN_INVALID.code }],
  });
}
