-- The other names of an order, each found by an index of its own.

-- The payment that was arranged for the order, set by the first outcome that names it. Together with the status where the
-- payment is the later outcome, which is the common course: that update needs new index entries in any case, since
-- orders_pending_deadline_idx depends on the status.
ALTER TABLE orders ADD COLUMN payment_id uuid;

-- All three are partial, so that an order pays only for the names that it bears. The customer stands before the id: a
-- reference need not be unique, and one customer's look-up must not read through the orders of all others who chose the
-- same word.
CREATE INDEX orders_client_reference_idx ON orders (client_reference, customer_id, id) WHERE client_reference <> '';
CREATE INDEX orders_payment_id_idx ON orders (payment_id) WHERE payment_id IS NOT NULL;
-- Not IS NOT NULL: an order may be shipped without a number, which is stored as an empty one.
CREATE INDEX orders_tracking_number_idx ON orders (tracking_number) WHERE tracking_number <> '';
