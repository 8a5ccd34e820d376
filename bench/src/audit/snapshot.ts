// One consistent view of a database, read through server-side cursors so that memory stays flat.
import pg from "pg";

/** A row about one order. */
export interface OrderRow {
  readonly order_id: string;
}

/** Rows in the order of their order id; `current` is undefined after the last one. */
export interface SortedRows<Row extends OrderRow> {
  readonly current: Row | undefined;
  /** Moves on; a promise only when rows have to be fetched. */
  advance(): Promise<void> | undefined;
}

export interface Snapshot {
  /** The database's clock when the snapshot was taken. */
  readonly time: Date;
  query<Row extends pg.QueryResultRow>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Opens rows about orders. The statement must return `order_id` as text in the order of the uuid, each once. */
  rowsByOrder<Row extends OrderRow>(text: string): Promise<SortedRows<Row>>;
  close(): Promise<void>;
}

const rowsPerFetch = 5_000;

/** Opens a read-only transaction that sees the database as it is now, whatever commits later. */
export async function openSnapshot(url: string): Promise<Snapshot> {
  const client = new pg.Client({ connectionString: url, application_name: "audit" });
  // A connection lost between two queries is reported by the next one.
  client.on("error", () => undefined);
  await client.connect();
  // Sorting by id may take a while on a large database: let it use memory, and give no plan for the first rows only.
  await client.query("SET work_mem = '64MB'; SET cursor_tuple_fraction = 1");
  await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  const { rows } = await client.query<{ time: Date }>("SELECT clock_timestamp() AS time");
  const time = rows[0]?.time ?? new Date();
  let cursors = 0;
  return {
    time,
    query: async (text, values = []) => (await client.query({ text, values: [...values] })).rows,
    rowsByOrder: async <Row extends OrderRow>(text: string) => {
      cursors += 1;
      return openCursor<Row>(client, `audit_${cursors}`, text);
    },
    close: () => client.end(),
  };
}

async function openCursor<Row extends OrderRow>(
  client: pg.Client,
  name: string,
  text: string,
): Promise<SortedRows<Row>> {
  await client.query(`DECLARE ${name} NO SCROLL CURSOR FOR ${text}`);
  let rows: Row[] = [];
  let index = 0;
  let last = "";
  const fetch = async (): Promise<void> => {
    rows = (await client.query<Row>(`FETCH ${rowsPerFetch} FROM ${name}`)).rows;
    index = 0;
    assertSorted();
  };
  const assertSorted = (): void => {
    const id = rows[index]?.order_id;
    if (id === undefined) return;
    // The merge would silently pass over rows that come out of order.
    if (id <= last) throw new Error(`rows of ${name} are not sorted: ${id} follows ${last}`);
    last = id;
  };
  await fetch();
  return {
    get current() {
      return rows[index];
    },
    advance: () => {
      index += 1;
      if (index >= rows.length) return rows.length < rowsPerFetch ? undefined : fetch();
      assertSorted();
      return undefined;
    },
  };
}
