CREATE TYPE ledger_kind AS ENUM ('AUTHORIZE', 'CAPTURE', 'VOID', 'REFUND');
CREATE TYPE ledger_outcome AS ENUM ('APPROVED', 'DECLINED');

-- What the simulated provider was asked and what it did: one row per idempotency key. asked counts the calls with the
-- key; outcome is empty until one of them took effect, and never changes afterwards. failures is how many calls with
-- the key fail before one takes effect.
-- The row of an authorisation also holds its balance: what was captured and refunded on it and whether it was given up.
-- It holds money while outcome is APPROVED, captured is 0 and voided is false.
CREATE TABLE ledger (
  key uuid PRIMARY KEY,
  kind ledger_kind NOT NULL,
  -- The key of the authorisation that this belongs to; its own for an authorisation.
  authorization_key uuid NOT NULL,
  -- What the merchant calls it: the order id.
  reference text NOT NULL,
  currency text NOT NULL,
  amount bigint NOT NULL,
  asked integer NOT NULL,
  failures integer NOT NULL DEFAULT 0,
  outcome ledger_outcome,
  decline_code text NOT NULL DEFAULT '',
  capture_failures integer NOT NULL DEFAULT 0,
  refund_failures integer NOT NULL DEFAULT 0,
  captured bigint NOT NULL DEFAULT 0,
  refunded bigint NOT NULL DEFAULT 0,
  voided boolean NOT NULL DEFAULT false,
  first_ask_time timestamptz(3) NOT NULL DEFAULT now(),
  CHECK (captured BETWEEN 0 AND amount AND refunded BETWEEN 0 AND captured)
) WITH (fillfactor = 70);
