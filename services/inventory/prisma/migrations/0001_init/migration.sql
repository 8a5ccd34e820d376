CREATE TABLE item (
  -- Bytewise order: the same in every locale, and the order in which transactions lock stock.
  sku text COLLATE "C" PRIMARY KEY,
  name text NOT NULL,
  price_currency text NOT NULL,
  price_minor bigint NOT NULL CHECK (price_minor >= 0),
  create_time timestamptz(3) NOT NULL,
  update_time timestamptz(3) NOT NULL
);

-- Apart from item, because it changes with every batch of orders: short rows, no index but the key, and pages kept half
-- empty, so that new row versions stay on their page and no index is touched.
CREATE TABLE stock (
  sku text COLLATE "C" PRIMARY KEY REFERENCES item (sku),
  available bigint NOT NULL DEFAULT 0 CHECK (available >= 0),
  reserved bigint NOT NULL DEFAULT 0 CHECK (reserved >= 0),
  deducted bigint NOT NULL DEFAULT 0 CHECK (deducted >= 0)
) WITH (fillfactor = 50);

-- The ledger of what came in and went out other than by orders: for every sku, the sum of its deltas is available +
-- reserved + deducted.
CREATE TABLE stock_adjustment (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  sku text COLLATE "C" NOT NULL REFERENCES item (sku),
  delta bigint NOT NULL CHECK (delta <> 0),
  reason text NOT NULL,
  caller text NOT NULL,
  create_time timestamptz(3) NOT NULL
);
CREATE INDEX stock_adjustment_sku_id_idx ON stock_adjustment (sku, id);

-- One row per order, because a reservation holds every line or none and so has one status; no order can reserve twice.
-- lines is [[sku, quantity], …] with each sku once. status is the number of ordermesh.inventory.v1.ReservationStatus.
-- Each row is changed once by the common course (deducted), for which its page keeps room.
CREATE TABLE reservation (
  order_id uuid PRIMARY KEY,
  customer_id text NOT NULL,
  status smallint NOT NULL CHECK (status BETWEEN 1 AND 5),
  lines json NOT NULL,
  update_time timestamptz(3) NOT NULL
) WITH (fillfactor = 60);

-- For audits and people.
CREATE VIEW reservation_line AS
  SELECT order_id, customer_id, status, line ->> 0 AS sku, (line ->> 1)::integer AS quantity, update_time
  FROM reservation CROSS JOIN LATERAL json_array_elements(lines) AS line;

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
