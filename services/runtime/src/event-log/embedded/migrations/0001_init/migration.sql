-- The embedded event log. One row per append and partition; many records per row.

CREATE TABLE log_topic (
  topic_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  topic text NOT NULL UNIQUE,
  -- Offset of the topic's next record. The partitions draw from one counter, so their offsets grow but have
  -- gaps, and an append changes one row. Its lock makes appends commit in the order of their offsets.
  next_offset bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 20, autovacuum_vacuum_threshold = 2000);

CREATE TABLE log_partition (
  partition_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  topic_id integer NOT NULL REFERENCES log_topic,
  partition integer NOT NULL,
  UNIQUE (topic_id, partition)
);

CREATE TABLE log_batch (
  partition_id integer NOT NULL,
  -- Key by the last offset, so that a position within a row finds that row.
  last_offset bigint NOT NULL,
  record_count integer NOT NULL,
  append_time timestamptz NOT NULL DEFAULT now(),
  -- [[topic, key, headers, base64 value], ...]
  records text NOT NULL,
  PRIMARY KEY (partition_id, last_offset) INCLUDE (record_count)
  -- Rows up to a page stay in the table, and none is compressed: it costs more CPU than the bytes are worth.
) WITH (toast_tuple_target = 8160);
ALTER TABLE log_batch ALTER COLUMN records SET STORAGE EXTERNAL;

CREATE TABLE log_member (
  member_id uuid PRIMARY KEY,
  consumer_group text NOT NULL,
  client_id text NOT NULL,
  topics text[] NOT NULL,
  lease_expire_time timestamptz NOT NULL
) WITH (fillfactor = 50);
CREATE INDEX log_member_group ON log_member (consumer_group);

CREATE TABLE log_offset (
  consumer_group text NOT NULL,
  partition_id integer NOT NULL REFERENCES log_partition,
  next_offset bigint NOT NULL DEFAULT 0,
  -- The member that may move next_offset; one whose lease has expired counts as none.
  owner uuid,
  PRIMARY KEY (consumer_group, partition_id)
) WITH (fillfactor = 20, autovacuum_vacuum_threshold = 2000);
