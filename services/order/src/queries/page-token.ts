// Page tokens of ListOrders: the last id of the page before and a digest of the filters it was made for.
import { createHash } from "node:crypto";
import { DomainError, errors } from "@ordermesh/runtime/errors";
import { isUuid } from "@ordermesh/runtime/ids";

const digestOf = (filter: string): string => createHash("sha256").update(filter).digest("base64url").slice(0, 11);

/** Token of the page that begins below `lastId` under `filter`. */
export function pageTokenAfter(lastId: string, filter: string): string {
  return Buffer.from(`${lastId}.${digestOf(filter)}`).toString("base64url");
}

/** The id that `token` continues below. Throws PAGE_TOKEN_INVALID for one that is not ours or for other filters. */
export function lastIdOf(token: string, filter: string): string {
  const [lastId = "", digest] = Buffer.from(token, "base64url").toString("latin1").split(".");
  const description = !isUuid(lastId)
    ? "not a token that this service gave; allowed is the nextPageToken of the page before"
    : "made for other filters; a token continues the list with the filters it was given for";
  if (!isUuid(lastId) || digest !== digestOf(filter)) {
    const violations = [{ field: "pageToken", description }];
    throw new DomainError(errors.PAGE_TOKEN_INVALID, `pageToken: ${description}`, { violations });
  }
  return lastId;
}
