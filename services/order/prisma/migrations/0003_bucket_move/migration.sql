-- Moves of buckets from this shard to others; see docs/adr/0014-buckets-move-by-fence-and-lease.md. The shard that gives
-- buckets away keeps the record, because what is done to them is decided here.
CREATE TABLE bucket_move (
  id uuid PRIMARY KEY,
  target text NOT NULL,
  buckets smallint[] NOT NULL,
  -- What the mover does now, or did when it died.
  step text NOT NULL,
  -- How far it has come; written and read by the mover alone.
  progress jsonb NOT NULL DEFAULT '{}',
  create_time timestamptz NOT NULL DEFAULT now(),
  update_time timestamptz NOT NULL DEFAULT now(),
  finish_time timestamptz
);
-- One at a time.
CREATE UNIQUE INDEX bucket_move_unfinished_idx ON bucket_move ((true)) WHERE finish_time IS NULL;

-- What was written to moving buckets and is not yet copied: names only, the rows are read when they are copied.
CREATE TABLE moving_order (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  order_id uuid NOT NULL
);
CREATE TABLE moving_key (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  caller text NOT NULL,
  key text NOT NULL
);

-- The bucket of an idempotency key: the answer that it stands for is the 16 bytes of the order's id.
CREATE FUNCTION key_bucket(response bytea) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  RETURN CASE WHEN octet_length(response) = 16 THEN ((get_byte(response, 6) & 15) << 8) | get_byte(response, 7) END;

CREATE FUNCTION capture_moving_orders() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO moving_order (order_id)
  SELECT written.id FROM written JOIN bucket ON bucket.bucket = order_bucket(written.id)
  WHERE bucket.move_id IS NOT NULL AND bucket.state IN ('OWNED', 'FENCED');
  RETURN NULL;
END $$;

CREATE FUNCTION capture_moving_keys() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO moving_key (caller, key)
  SELECT written.caller, written.key FROM written JOIN bucket ON bucket.bucket = key_bucket(written.response)
  WHERE bucket.move_id IS NOT NULL AND bucket.state IN ('OWNED', 'FENCED');
  RETURN NULL;
END $$;

-- Once per statement, not per row: a group of 32 orders pays for one. Made here and only switched on for a move, since
-- switching takes a lock that readers pass, and dropping a trigger takes one that stops them. Lines and changes need
-- none: they are written together with their order's row.
CREATE TRIGGER moving_orders_inserted AFTER INSERT ON orders REFERENCING NEW TABLE AS written
  FOR EACH STATEMENT EXECUTE FUNCTION capture_moving_orders();
CREATE TRIGGER moving_orders_updated AFTER UPDATE ON orders REFERENCING NEW TABLE AS written
  FOR EACH STATEMENT EXECUTE FUNCTION capture_moving_orders();
CREATE TRIGGER moving_keys_inserted AFTER INSERT ON idempotency_key REFERENCING NEW TABLE AS written
  FOR EACH STATEMENT EXECUTE FUNCTION capture_moving_keys();
ALTER TABLE orders DISABLE TRIGGER moving_orders_inserted;
ALTER TABLE orders DISABLE TRIGGER moving_orders_updated;
ALTER TABLE idempotency_key DISABLE TRIGGER moving_keys_inserted;
