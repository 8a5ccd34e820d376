import type { Database, Statement, Transaction } from "@ordermesh/runtime/database";
import type { StockLevel } from "../domain/stock.ts";

/** An item with its stock, as the store returns it. */
export interface StoredItem {
  readonly sku: string;
  readonly name: string;
  readonly priceCurrency: string;
  readonly priceMinor: bigint;
  readonly available: bigint;
  readonly reserved: bigint;
  readonly deducted: bigint;
  readonly createTime: Date;
  readonly updateTime: Date;
}

export interface ItemDescription {
  readonly sku: string;
  readonly name: string;
  readonly priceCurrency: string;
  readonly priceMinor: bigint;
}

const COLUMNS = `item.sku, item.name, item.price_currency AS "priceCurrency", item.price_minor AS "priceMinor",
  stock.available, stock.reserved, stock.deducted,
  item.create_time AS "createTime", item.update_time AS "updateTime"`;

const PUT_ITEM: Statement = {
  name: "inventory_put_item",
  text: `WITH item AS (
           INSERT INTO item AS old (sku, name, price_currency, price_minor, create_time, update_time)
           VALUES ($1, $2, $3, $4, $5, $5)
           ON CONFLICT (sku) DO UPDATE
           SET name = excluded.name,
               price_currency = excluded.price_currency,
               price_minor = excluded.price_minor,
               update_time = CASE
                 WHEN (old.name, old.price_currency, old.price_minor)
                   = (excluded.name, excluded.price_currency, excluded.price_minor)
                 THEN old.update_time ELSE excluded.update_time
               END
           RETURNING *
         ), created AS (
           INSERT INTO stock (sku) SELECT sku FROM item ON CONFLICT (sku) DO NOTHING
         )
         SELECT ${COLUMNS.replaceAll(/stock\.(\w+)/g, "coalesce(stock.$1, 0) AS $1")}
         FROM item LEFT JOIN stock USING (sku)`,
};

const FIND_ITEMS: Statement = {
  name: "inventory_find_items",
  text: `SELECT ${COLUMNS} FROM item JOIN stock USING (sku) WHERE item.sku = ANY ($1::text[])`,
};

const LOCK_LEVEL: Statement = {
  name: "inventory_lock_level",
  text: `SELECT available::float8 AS available, reserved::float8 AS reserved, deducted::float8 AS deducted
         FROM stock WHERE sku = $1 FOR NO KEY UPDATE`,
};

const SAVE_ADJUSTMENT: Statement = {
  name: "inventory_save_adjustment",
  text: `WITH ledger AS (
           INSERT INTO stock_adjustment (sku, delta, reason, caller, create_time) VALUES ($1, $2, $3, $4, $5)
         ), stock AS (
           UPDATE stock SET available = available + $2 WHERE sku = $1 RETURNING *
         )
         SELECT ${COLUMNS} FROM item JOIN stock USING (sku)`,
};

/** Creates the item or replaces its name and price. The update time moves only when one of them differs. */
export async function putItem(database: Database, item: ItemDescription, time: Date): Promise<StoredItem> {
  const values = [item.sku, item.name, item.priceCurrency, item.priceMinor, time];
  return only((await database.query<StoredItem>(PUT_ITEM, values)).rows);
}

/** Those of the items that exist, in no particular order. */
export async function findItems(database: Database, skus: readonly string[]): Promise<StoredItem[]> {
  return (await database.query<StoredItem>(FIND_ITEMS, [skus])).rows;
}

/** Locks an item's stock until the transaction ends; undefined when there is no such item. */
export async function lockLevel(tx: Transaction, sku: string): Promise<StockLevel | undefined> {
  const { rows } = await tx.query<StockLevel>({ ...LOCK_LEVEL, values: [sku] });
  return rows[0];
}

export interface AdjustmentEntry {
  readonly sku: string;
  readonly delta: number;
  readonly reason: string;
  readonly caller: string;
}

/** Writes an adjustment into the ledger and the counters. */
export async function saveAdjustment(tx: Transaction, entry: AdjustmentEntry, time: Date): Promise<StoredItem> {
  const values = [entry.sku, entry.delta, entry.reason, entry.caller, time];
  return only((await tx.query<StoredItem>({ ...SAVE_ADJUSTMENT, values })).rows);
}

function only(rows: readonly StoredItem[]): StoredItem {
  const [row] = rows;
  if (row === undefined) throw new Error("the statement returned no item");
  return row;
}
