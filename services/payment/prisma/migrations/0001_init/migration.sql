CREATE TYPE payment_status AS ENUM ('PENDING', 'AUTHORIZED', 'DECLINED', 'CAPTURED', 'VOIDED', 'REFUNDED');
CREATE TYPE operation_kind AS ENUM ('AUTHORIZE', 'CAPTURE', 'VOID', 'REFUND');
CREATE TYPE operation_status AS ENUM ('PENDING', 'SUCCEEDED', 'DECLINED', 'SUPERSEDED');
-- saga: the life of the order asked for it, compensation included; requested: an operator did.
CREATE TYPE operation_origin AS ENUM ('saga', 'requested');

-- Amounts are in minor units of the currency. refund_pending is recorded and not yet done by the provider, so that
-- refunds that run at the same time cannot exceed what was captured. revision counts the changes of the row: a change
-- that was decided in memory is stored only if nothing came in between.
CREATE TABLE payment (
  id uuid PRIMARY KEY,
  order_id uuid NOT NULL,
  customer_id text NOT NULL,
  currency text NOT NULL,
  amount bigint NOT NULL CHECK (amount >= 0),
  token text NOT NULL,
  status payment_status NOT NULL,
  captured bigint NOT NULL DEFAULT 0,
  refunded bigint NOT NULL DEFAULT 0,
  refund_pending bigint NOT NULL DEFAULT 0,
  capture_requested boolean NOT NULL DEFAULT false,
  order_cancelled boolean NOT NULL DEFAULT false,
  decline_code text NOT NULL DEFAULT '',
  revision integer NOT NULL DEFAULT 0,
  correlation_id text,
  traceparent text,
  create_time timestamptz(3) NOT NULL,
  update_time timestamptz(3) NOT NULL,
  CHECK (captured BETWEEN 0 AND amount),
  CHECK (refunded >= 0 AND refund_pending >= 0 AND refunded + refund_pending <= captured)
  -- The common course changes a row three times; free room in its page keeps those changes out of the indexes.
) WITH (fillfactor = 60);
CREATE UNIQUE INDEX payment_order_id_key ON payment (order_id);

-- What the provider is asked to do. The id is the idempotency key that the provider sees; the authorisation has the id
-- of its payment. next_attempt_time is when a process may take the operation: after the backoff, or when the lease of
-- locked_by has run out. No foreign key on the hot path: the payment is written in the same statement, never deleted.
CREATE TABLE payment_operation (
  id uuid PRIMARY KEY,
  payment_id uuid NOT NULL,
  kind operation_kind NOT NULL,
  amount bigint NOT NULL CHECK (amount >= 0),
  origin operation_origin NOT NULL,
  status operation_status NOT NULL DEFAULT 'PENDING',
  attempts integer NOT NULL DEFAULT 0,
  next_attempt_time timestamptz(3) NOT NULL,
  locked_by text,
  last_error text,
  create_time timestamptz(3) NOT NULL,
  update_time timestamptz(3) NOT NULL
);
-- What the workers look for: only operations in flight, so it stays small.
CREATE INDEX payment_operation_due_idx ON payment_operation (next_attempt_time) WHERE status = 'PENDING';
-- For people who look at one payment; rare kinds only, so that the common course does not pay for it.
CREATE INDEX payment_operation_payment_id_idx ON payment_operation (payment_id) WHERE kind IN ('VOID', 'REFUND');

CREATE TABLE idempotency_key (
  caller text NOT NULL,
  key text NOT NULL,
  method text NOT NULL,
  request_hash bytea NOT NULL,
  response bytea NOT NULL,
  create_time timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (caller, key)
);

CREATE TABLE outbox (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  records text NOT NULL,
  record_count integer NOT NULL,
  create_time timestamptz NOT NULL DEFAULT now()
);
-- Rows live for milliseconds; compressing them costs more than their bytes.
ALTER TABLE outbox ALTER COLUMN records SET STORAGE EXTERNAL;

CREATE TABLE inbox (
  consumer_group text NOT NULL,
  event_id uuid NOT NULL,
  receive_time timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (consumer_group, event_id)
);
