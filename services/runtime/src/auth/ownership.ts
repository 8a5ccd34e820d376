import { bucketOfId, bucketOfKey } from "../ids/index.ts";
import type { Caller } from "./caller.ts";

/**
 * Whether the caller may see what belongs to the bucketed id `id`: operators everything, customers their own.
 *
 * @param owner whose it is; undefined while that is not known here yet. The id's bucket is then all there is to go by:
 *   it tells most strangers, and whoever passes sees that there is nothing yet.
 */
export function maySee(caller: Caller, id: string, owner: string | undefined): boolean {
  if (caller.operator) return true;
  return owner === undefined ? bucketOfId(id) === bucketOfKey(caller.subject) : owner === caller.subject;
}
