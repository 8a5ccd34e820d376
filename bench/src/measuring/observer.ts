// Reads the databases of a stack while it runs, on one connection each, and counts its own statements.
import pg from "pg";

/** Every statement is one transaction, so `statements` is what an observer adds to the commit counters. */
export interface Observer {
  readonly statements: number;
  query<Row extends pg.QueryResultRow>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  close(): Promise<void>;
}

/** Opens a connection that reads integers of 64 bits as numbers where the caller casts them to float8. */
export async function openObserver(url: string): Promise<Observer> {
  const client = new pg.Client({ connectionString: url, application_name: "bench" });
  // A connection lost while idle is reported by the next query.
  client.on("error", () => undefined);
  await client.connect();
  let statements = 0;
  return {
    get statements() {
      return statements;
    },
    query: async (text, values = []) => {
      statements += 1;
      const { rows } = await client.query({ text, values: [...values] });
      return rows;
    },
    close: () => client.end(),
  };
}
