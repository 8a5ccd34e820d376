-- One row per order and kind: what was, or is to be, sent. kind is the number of
-- ordermesh.notification.v1.NotificationKind. The id is that of the event that led to it. The address is stored once per
-- order, in the row of OrderPlaced, because no other event carries it.
CREATE TABLE notification (
  order_id uuid NOT NULL,
  kind smallint NOT NULL CHECK (kind BETWEEN 1 AND 5),
  id uuid NOT NULL,
  customer_id text NOT NULL,
  recipient text CHECK (recipient IS NULL OR kind = 1),
  create_time timestamptz(3) NOT NULL,
  deliver_time timestamptz(3),
  PRIMARY KEY (order_id, kind)
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
-- Rows live for milliseconds; compressing them costs more than their bytes.
ALTER TABLE outbox ALTER COLUMN records SET STORAGE EXTERNAL;

CREATE TABLE inbox (
  consumer_group text NOT NULL,
  event_id uuid NOT NULL,
  receive_time timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (consumer_group, event_id)
);
