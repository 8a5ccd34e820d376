// The statements that find orders by a name at one shard.
import type { Database, Statement } from "@ordermesh/runtime/database";
import { DomainError } from "@ordermesh/runtime/errors";
import { orderErrors } from "../errors.ts";
import { fieldOfKind, type NameKind, type OrderName } from "./order-name.ts";

/** So many orders of one name are looked through for the newest, where nothing but the name is given. */
const MOST_CANDIDATES = 1_000;

// Each repeats the condition of the partial index that it is meant for, which a parameter alone does not imply.

/** Of one customer. The order of the sort is that of the index, so that no other can serve it. */
const ownStatements: Readonly<Record<NameKind, Statement>> = {
  reference: {
    name: "find-own-order-by-reference",
    text: `SELECT id FROM orders
           WHERE client_reference = $1 AND client_reference <> '' AND customer_id = $2
           ORDER BY client_reference DESC, customer_id DESC, id DESC LIMIT 1`,
  },
  payment: {
    name: "find-own-order-by-payment",
    text: `WITH named AS MATERIALIZED (SELECT id, customer_id FROM orders WHERE payment_id = $1::uuid)
           SELECT id FROM named WHERE customer_id = $2 ORDER BY id DESC LIMIT 1`,
  },
  tracking: {
    name: "find-own-order-by-tracking",
    text: `WITH named AS MATERIALIZED (
             SELECT id, customer_id FROM orders WHERE tracking_number = $1 AND tracking_number <> '')
           SELECT id FROM named WHERE customer_id = $2 ORDER BY id DESC LIMIT 1`,
  },
};

// MATERIALIZED keeps the planner from walking through all orders, newest first, until one bears the name.
const newestOf = (name: string, condition: string): Statement => ({
  name,
  text: `WITH named AS MATERIALIZED (SELECT id FROM orders WHERE ${condition} LIMIT ${MOST_CANDIDATES + 1})
         SELECT id, (SELECT count(*)::integer FROM named) AS candidates FROM named ORDER BY id DESC LIMIT 1`,
});

const anyStatements: Readonly<Record<NameKind, Statement>> = {
  reference: newestOf("find-order-by-reference", "client_reference = $1 AND client_reference <> ''"),
  payment: newestOf("find-order-by-payment", "payment_id = $1::uuid"),
  tracking: newestOf("find-order-by-tracking", "tracking_number = $1 AND tracking_number <> ''"),
};

/** The newest order of the customer that bears the name. */
export async function findOwnOrder(
  database: Database,
  { kind, value }: OrderName,
  customerId: string,
): Promise<string | undefined> {
  const { rows } = await database.query<{ id: string }>(ownStatements[kind], [value, customerId]);
  return rows[0]?.id;
}

/**
 * The newest order at the shard that bears the name, whosever it is. It may be the copy of a move: what it says is to be
 * read at the shard that has its bucket.
 * @throws DomainError LOOKUP_TOO_BROAD when more than a thousand bear it
 */
export async function findAnyOrder(database: Database, { kind, value }: OrderName): Promise<string | undefined> {
  const { rows } = await database.query<{ id: string; candidates: number }>(anyStatements[kind], [value]);
  const [row] = rows;
  if (row !== undefined && row.candidates > MOST_CANDIDATES) {
    const description = `more than ${MOST_CANDIDATES} orders bear it; give the customerId as well`;
    throw new DomainError(orderErrors.lookupTooBroad, `${fieldOfKind[kind]}: ${description}`, {
      violations: [{ field: fieldOfKind[kind], description }],
    });
  }
  return row?.id;
}
