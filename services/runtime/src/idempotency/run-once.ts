import {
  create,
  type DescMessage,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import type { Database, Transaction } from "../database/index.ts";
import { answersRequest, keyReused, type StoredResponse } from "./stored-response.ts";

const CLAIM = {
  name: "idempotency_claim",
  text: `INSERT INTO idempotency_key (caller, key, method, request_hash, response) VALUES ($1, $2, $3, $4, '')
         ON CONFLICT DO NOTHING`,
};
const READ = {
  name: "idempotency_read",
  text: "SELECT method, request_hash, response FROM idempotency_key WHERE caller = $1 AND key = $2",
};
const STORE = {
  name: "idempotency_store",
  text: "UPDATE idempotency_key SET response = $3 WHERE caller = $1 AND key = $2",
};

export interface IdempotentRequest<S extends DescMessage> {
  /** Who calls; keys of different callers are independent. */
  readonly caller: string;
  readonly key: string;
  /** Full name of the method, for the error message and for people who look at the table. */
  readonly method: string;
  /** From `requestHash`. */
  readonly hash: Uint8Array;
  /** Schema of the response. */
  readonly schema: S;
  readonly signal?: AbortSignal | undefined;
}

export interface OnceResult<S extends DescMessage> {
  readonly response: MessageShape<S>;
  /** Whether the answer was remembered from an earlier call. */
  readonly replayed: boolean;
}

type Outcome<S extends DescMessage> = { fresh: MessageShape<S>; stored: StoredResponse } | { stored: StoredResponse };

async function claimOrRead<S extends DescMessage>(
  tx: Transaction,
  request: IdempotentRequest<S>,
  work: (tx: Transaction) => Promise<MessageInitShape<S>>,
): Promise<Outcome<S> | undefined> {
  const { caller, key, method, hash, schema } = request;
  // Waits while another transaction holds the same key, and finds the row taken once that one has committed.
  const claim = await tx.query({ ...CLAIM, values: [caller, key, method, hash] });
  if (claim.rowCount === 1) {
    const fresh = create(schema, await work(tx));
    const response = toBinary(schema, fresh);
    await tx.query({ ...STORE, values: [caller, key, response] });
    return { fresh, stored: { method, requestHash: hash, response } };
  }
  const { rows } = await tx.query<{ method: string; request_hash: Buffer; response: Buffer }>({
    ...READ,
    values: [caller, key],
  });
  const row = rows[0];
  return row && { stored: { method: row.method, requestHash: row.request_hash, response: row.response } };
}

// Calls of one process with the same key wait here and not in the database, where each would hold a connection that
// the first may need to finish.
const gates = new WeakMap<Database, Map<string, Promise<StoredResponse | undefined>>>();

function gateOf(database: Database): Map<string, Promise<StoredResponse | undefined>> {
  let gate = gates.get(database);
  if (!gate) {
    gate = new Map();
    gates.set(database, gate);
  }
  return gate;
}

function replay<S extends DescMessage>(request: IdempotentRequest<S>, stored: StoredResponse): OnceResult<S> {
  if (!answersRequest(stored, request.hash)) throw keyReused(request.key, stored.method);
  return { response: fromBinary(request.schema, stored.response), replayed: true };
}

/**
 * Runs `work` once per caller and key, in the transaction that also remembers the response. The same request again, at
 * once or later, gets the same response without running; a failure is not remembered, so the next call runs.
 *
 * @throws DomainError IDEMPOTENCY_KEY_REUSED when the key was used for a request with another hash
 */
export async function runOnce<S extends DescMessage>(
  database: Database,
  request: IdempotentRequest<S>,
  work: (tx: Transaction) => Promise<MessageInitShape<S>>,
): Promise<OnceResult<S>> {
  const gate = gateOf(database);
  const id = JSON.stringify([request.caller, request.key]);
  for (let earlier = gate.get(id); earlier; earlier = gate.get(id)) {
    const stored = await earlier;
    request.signal?.throwIfAborted();
    if (stored) return replay(request, stored);
  }
  const attempt = execute(database, request, work).finally(() => gate.delete(id));
  gate.set(
    id,
    attempt.then(
      (outcome) => outcome.stored,
      () => undefined,
    ),
  );
  const outcome = await attempt;
  return "fresh" in outcome ? { response: outcome.fresh, replayed: false } : replay(request, outcome.stored);
}

async function execute<S extends DescMessage>(
  database: Database,
  request: IdempotentRequest<S>,
  work: (tx: Transaction) => Promise<MessageInitShape<S>>,
): Promise<Outcome<S>> {
  for (;;) {
    const outcome = await database.transaction((tx) => claimOrRead(tx, request, work), { signal: request.signal });
    // Neither claimed nor found: the row was pruned between the two statements, so the key is free again.
    if (outcome) return outcome;
  }
}
