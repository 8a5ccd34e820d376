-- Which of the 4,096 buckets this database holds, and how they come and go. Each shard is the authority on its own: a
-- bucket belongs to the shard that has it OWNED or FENCED, and there is never more than one.

-- The 12 bits after the version of a UUIDv8; see bucketOfId in services/runtime.
CREATE FUNCTION order_bucket(id uuid) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  RETURN ((get_byte(uuid_send(id), 6) & 15) << 8) | get_byte(uuid_send(id), 7);

-- OWNED: its orders are read and written here.
-- FENCED: read here, not written: the last changes are on their way to `peer`. Whoever finds `fence_until` past may
--   make it OWNED again; the mover then starts the fence anew.
-- RELEASED: `peer` has everything. Whoever finds it may make it OWNED there, under the same move.
-- ARRIVING: rows are being copied from `peer`; not complete, neither read nor written.
-- No row: not here.
CREATE TYPE bucket_state AS ENUM ('OWNED', 'FENCED', 'RELEASED', 'ARRIVING');

CREATE TABLE bucket (
  bucket smallint PRIMARY KEY CHECK (bucket BETWEEN 0 AND 4095),
  state bucket_state NOT NULL,
  move_id uuid,
  peer text,
  fence_until timestamptz,
  CHECK ((state = 'FENCED') = (fence_until IS NOT NULL)),
  CHECK (state = 'OWNED' OR (move_id IS NOT NULL AND peer IS NOT NULL))
);

-- One row, written when the shard is set up: which shard this is, so that two that are mixed up are found, and a number
-- that every change of `bucket` raises, so that a reader can tell whether what it knows still holds.
CREATE TABLE shard (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  name text NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  -- Whether the first assignment of buckets is done. It is done once for all shards together.
  assigned boolean NOT NULL DEFAULT false
);

CREATE FUNCTION raise_shard_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE shard SET version = version + 1;
  RETURN NULL;
END $$;
CREATE TRIGGER bucket_changed AFTER INSERT OR UPDATE OR DELETE ON bucket
  FOR EACH STATEMENT EXECUTE FUNCTION raise_shard_version();

-- Events for orders of a shard that is away, kept here so that the events of other shards need not wait behind them.
CREATE TABLE parked_event (
  consumer_group text NOT NULL,
  event_id uuid NOT NULL,
  -- The record as the outbox packs it, and its place in the log.
  record text NOT NULL,
  log_partition integer NOT NULL,
  log_offset bigint NOT NULL,
  append_time timestamptz NOT NULL,
  create_time timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (consumer_group, event_id)
);
