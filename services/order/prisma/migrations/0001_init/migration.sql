CREATE TYPE order_status AS ENUM ('PENDING', 'CONFIRMED', 'CANCELLED', 'SHIPPED', 'DELIVERED');
CREATE TYPE saga_outcome AS ENUM ('UNKNOWN', 'GOOD', 'BAD');
CREATE TYPE cancellation_reason AS ENUM ('STOCK_REJECTED', 'PAYMENT_DECLINED', 'REQUESTED', 'DEADLINE_EXCEEDED');

-- Ids begin with the time, so the primary key also answers "newest first".
CREATE TABLE orders (
  id uuid PRIMARY KEY,
  customer_id text NOT NULL,
  client_reference text NOT NULL,
  status order_status NOT NULL,
  stock_outcome saga_outcome NOT NULL DEFAULT 'UNKNOWN',
  payment_outcome saga_outcome NOT NULL DEFAULT 'UNKNOWN',
  currency_code text NOT NULL,
  total_minor bigint NOT NULL CHECK (total_minor >= 0),
  create_time timestamptz(3) NOT NULL,
  update_time timestamptz(3) NOT NULL,
  deadline timestamptz(3) NOT NULL,
  cancellation_reason cancellation_reason,
  cancellation_detail text,
  cancel_time timestamptz(3),
  carrier text,
  tracking_number text,
  CHECK ((status = 'CANCELLED') = (cancellation_reason IS NOT NULL))
  -- Room on the page for the updates that follow within seconds, so that they need no new index entries.
) WITH (fillfactor = 60);
CREATE INDEX orders_customer_id_id_idx ON orders (customer_id, id);
-- What the deadline sweeper reads: only orders in flight, so it stays small.
CREATE INDEX orders_pending_deadline_idx ON orders (deadline) WHERE status = 'PENDING';

-- No foreign keys on the hot tables: lines and changes are written in the order's own transaction and never deleted.
CREATE TABLE order_line (
  order_id uuid NOT NULL,
  line_number smallint NOT NULL,
  sku text NOT NULL,
  quantity integer NOT NULL CHECK (quantity > 0),
  unit_price_minor bigint NOT NULL CHECK (unit_price_minor >= 0),
  PRIMARY KEY (order_id, line_number)
);

-- An order enters each status at most once, which the key guarantees.
CREATE TABLE order_change (
  order_id uuid NOT NULL,
  status order_status NOT NULL,
  time timestamptz(3) NOT NULL,
  cause text NOT NULL,
  event_id uuid NOT NULL,
  PRIMARY KEY (order_id, status)
);

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

-- Packed events are rarely worth the CPU of compressing them: the rows live for milliseconds.
ALTER TABLE outbox ALTER COLUMN records SET STORAGE EXTERNAL;

CREATE TABLE inbox (
  consumer_group text NOT NULL,
  event_id uuid NOT NULL,
  receive_time timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (consumer_group, event_id)
);
