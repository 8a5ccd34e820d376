import type { Transaction } from "../database/index.ts";
import { answersRequest, type StoredResponse } from "./stored-response.ts";

// In the order of the keys, so that two groups that share keys wait for one another and never deadlock.
const REMEMBER = {
  name: "idempotency_remember",
  text: `INSERT INTO idempotency_key (caller, key, method, request_hash, response)
         SELECT caller, key, method, request_hash, response
         FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[], $5::bytea[])
              WITH ORDINALITY AS given (caller, key, method, request_hash, response, position)
         ORDER BY caller, key, position
         ON CONFLICT DO NOTHING
         RETURNING caller, key`,
};
const READ_MANY = {
  name: "idempotency_read_many",
  text: `SELECT caller, key, method, request_hash, response FROM idempotency_key
         WHERE (caller, key) IN (SELECT * FROM unnest($1::text[], $2::text[]))`,
};

export interface ResponseToRemember extends StoredResponse {
  readonly caller: string;
  readonly key: string;
}

/** Fresh: carry out the request. Replay: answer this and do nothing. Reused: the key belongs to another request. */
export type Remembered =
  | { readonly state: "fresh" }
  | { readonly state: "replay"; readonly response: Uint8Array }
  | { readonly state: "reused"; readonly method: string };

const idOf = (entry: { caller: string; key: string }) => JSON.stringify([entry.caller, entry.key]);

/**
 * Claims the keys of a whole group of requests and remembers their responses, in one statement when all are new. For
 * group commits whose responses are known before they are carried out; the caller carries out the fresh ones in the same
 * transaction. Of several entries with one key the first is the fresh one.
 *
 * @returns one result for each entry, in the order given
 */
export async function rememberResponses(
  tx: Transaction,
  entries: readonly ResponseToRemember[],
): Promise<Remembered[]> {
  if (entries.length === 0) return [];
  const inserted = await tx.query<{ caller: string; key: string }>({
    ...REMEMBER,
    values: [
      entries.map((entry) => entry.caller),
      entries.map((entry) => entry.key),
      entries.map((entry) => entry.method),
      entries.map((entry) => entry.requestHash),
      entries.map((entry) => entry.response),
    ],
  });
  if (inserted.rows.length === entries.length) return entries.map(() => ({ state: "fresh" }));

  const unused = new Set(inserted.rows.map(idOf));
  const isFresh = entries.map((entry) => unused.delete(idOf(entry)));
  const known = entries.filter((_, index) => !isFresh[index]);
  const { rows } = await tx.query<{
    caller: string;
    key: string;
    method: string;
    request_hash: Buffer;
    response: Buffer;
  }>({ ...READ_MANY, values: [known.map((entry) => entry.caller), known.map((entry) => entry.key)] });
  const stored = new Map(rows.map((row) => [idOf(row), row]));
  return entries.map((entry, index): Remembered => {
    if (isFresh[index]) return { state: "fresh" };
    const row = stored.get(idOf(entry));
    if (!row) throw new Error(`idempotency key "${entry.key}" was pruned while it was read; repeat the call`);
    return answersRequest({ requestHash: row.request_hash }, entry.requestHash)
      ? { state: "replay", response: row.response }
      : { state: "reused", method: row.method };
  });
}
