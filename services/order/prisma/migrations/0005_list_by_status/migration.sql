-- Operators list orders of one status, newest first. Without it the primary key is read backwards until a page is full,
-- which for a rare status is the whole table.
CREATE INDEX orders_status_id_idx ON orders (status, id);
