// The statements of the simulated provider's ledger. Each takes a batch; no key may come twice in one, nor two keys of
// one authorisation. They answer only for keys whose answer is not the usual one: approved at the first call.
import type { Statement } from "@ordermesh/runtime/database";

/** What a repeated call does to its row: it counts, and takes effect if enough calls have failed. */
const repeat = `
  ON CONFLICT (key) DO UPDATE SET
    asked = entry.asked + 1,
    outcome = CASE
      WHEN entry.outcome IS NOT NULL OR entry.asked < entry.failures THEN entry.outcome
      WHEN excluded.decline_code = '' THEN 'APPROVED' ELSE 'DECLINED' END,
    decline_code = CASE WHEN entry.outcome IS NULL THEN excluded.decline_code ELSE entry.decline_code END`;

const answer = "entry.key, entry.asked, entry.outcome, entry.decline_code";
const unusual =
  "SELECT key, asked, outcome, decline_code FROM answered WHERE asked > 1 OR outcome IS DISTINCT FROM 'APPROVED'";

export const AUTHORIZE: Statement = {
  name: "ledger_authorize",
  text: `
    WITH answered AS (
    INSERT INTO ledger AS entry (key, kind, authorization_key, reference, currency, amount, asked, failures, outcome,
                                 decline_code, capture_failures, refund_failures)
    SELECT key, 'AUTHORIZE', key, reference, currency, amount, 1, failures,
           CASE WHEN failures > 0 THEN NULL WHEN decline_code = '' THEN 'APPROVED' ELSE 'DECLINED' END::ledger_outcome,
           decline_code, capture_failures, refund_failures
    FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::integer[], $6::text[], $7::integer[],
                $8::integer[])
      AS asked (key, reference, currency, amount, failures, decline_code, capture_failures, refund_failures)
    ORDER BY key
    ${repeat}
    RETURNING ${answer}
    )
    ${unusual}`,
};

/** A slow authorisation takes effect, unless it was given up meanwhile. */
export const FINISH: Statement = {
  name: "ledger_finish",
  text: `WITH answered AS (
           UPDATE ledger AS entry SET outcome = coalesce(outcome, 'APPROVED') WHERE key = ANY ($1::uuid[])
           RETURNING ${answer}
         )
         ${unusual}`,
};

/** Captures and refunds look at the balance of the authorisation under lock, then change it. */
function moveMoney(kind: "CAPTURE" | "REFUND", failures: string, refusal: string, balance: string): string {
  return `
    WITH request AS (
      SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[])
        AS request (key, authorization_key, reference, amount)
    ), held AS (
      SELECT key, currency, amount, outcome, captured, refunded, voided, ${failures} AS failures
      FROM ledger WHERE key = ANY ($2::uuid[]) ORDER BY key FOR NO KEY UPDATE
    ), judged AS (
      SELECT request.*, coalesce(held.currency, 'XXX') AS currency, coalesce(held.failures, 0) AS failures,
             CASE WHEN held.outcome IS DISTINCT FROM 'APPROVED' THEN 'no_authorization' ${refusal} ELSE '' END AS decline_code
      FROM request LEFT JOIN held ON held.key = request.authorization_key
    ), answered AS (
      INSERT INTO ledger AS entry (key, kind, authorization_key, reference, currency, amount, asked, failures, outcome,
                                   decline_code)
      SELECT key, '${kind}', authorization_key, reference, currency, amount, 1, failures,
             CASE WHEN failures > 0 THEN NULL WHEN decline_code = '' THEN 'APPROVED' ELSE 'DECLINED' END::ledger_outcome,
             decline_code
      FROM judged
      ${repeat}
      RETURNING ${answer}, entry.authorization_key, entry.amount, entry.failures
    ), moved AS (
      -- The call after the last failure is the one that took effect; later ones are repeats.
      UPDATE ledger SET ${balance} = ledger.${balance} + answered.amount
      FROM answered
      WHERE ledger.key = answered.authorization_key AND answered.outcome = 'APPROVED'
        AND answered.asked = answered.failures + 1
    )
    ${unusual}`;
}

export const CAPTURE: Statement = {
  name: "ledger_capture",
  text: moveMoney(
    "CAPTURE",
    "capture_failures",
    `WHEN held.voided THEN 'authorization_voided' WHEN held.captured > 0 THEN 'already_captured'
     WHEN request.amount > held.amount THEN 'exceeds_authorized'`,
    "captured",
  ),
};

export const REFUND: Statement = {
  name: "ledger_refund",
  text: moveMoney(
    "REFUND",
    "refund_failures",
    "WHEN request.amount > held.captured - held.refunded THEN 'exceeds_captured'",
    "refunded",
  ),
};

// An authorisation that was never asked for gets a row that declines it, should it come later.
export const VOID: Statement = {
  name: "ledger_void",
  text: `
    WITH request AS (
      SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS request (key, authorization_key, reference)
    ), released AS (
      INSERT INTO ledger AS held (key, kind, authorization_key, reference, currency, amount, asked, outcome,
                                  decline_code, voided)
      SELECT authorization_key, 'AUTHORIZE', authorization_key, reference, 'XXX', 0, 0, 'DECLINED', 'voided', true
      FROM request ORDER BY authorization_key
      ON CONFLICT (key) DO UPDATE SET
        voided = held.captured = 0,
        outcome = coalesce(held.outcome, 'DECLINED'),
        decline_code = CASE WHEN held.outcome IS NULL THEN 'voided' ELSE held.decline_code END
      RETURNING held.key, held.currency, held.amount, held.voided
    ), answered AS (
    INSERT INTO ledger AS entry (key, kind, authorization_key, reference, currency, amount, asked, outcome, decline_code)
    SELECT request.key, 'VOID', request.authorization_key, request.reference, released.currency, released.amount, 1,
           CASE WHEN released.voided THEN 'APPROVED' ELSE 'DECLINED' END::ledger_outcome,
           CASE WHEN released.voided THEN '' ELSE 'already_captured' END
    FROM request JOIN released ON released.key = request.authorization_key
    ON CONFLICT (key) DO UPDATE SET asked = entry.asked + 1
    RETURNING ${answer}
    )
    ${unusual}`,
};
