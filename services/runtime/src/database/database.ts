import { Client, Pool, type PoolClient, type QueryResult, type QueryResultRow } from "pg";
import type { Logger } from "../logging/index.ts";
import { columnTypes } from "./column-types.ts";
import { runTransaction, type TransactionOptions } from "./transaction.ts";

/** A connection inside a transaction. Everything on it commits or rolls back together. */
export type Transaction = PoolClient;

/** A prepared statement: parsed once per connection under its name, which must be unique in the service. */
export interface Statement {
  readonly name: string;
  readonly text: string;
  /** Longest wait for its answer, in milliseconds, over the database's own. */
  readonly timeoutMs?: number;
}

export interface DatabaseOptions {
  /** PostgreSQL connection URL. */
  readonly url: string;
  /** Most connections in the pool; default 8. */
  readonly poolSize?: number;
  /** Shown to the database's administrators as `application_name`. */
  readonly name: string;
  readonly logger: Logger;
  /** Server settings of every connection, such as `{ plan_cache_mode: "force_generic_plan" }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /**
   * Longest wait for the answer to a statement of the pool, in milliseconds; unbounded unless given. It ends the wait for
   * a database that hangs; the statement may still take effect.
   */
  readonly queryTimeoutMs?: number;
}

export interface Database {
  readonly pool: Pool;
  /** Runs one prepared statement on any connection of the pool. */
  query<R extends QueryResultRow>(statement: Statement, values?: readonly unknown[]): Promise<QueryResult<R>>;
  /**
   * Runs `work` in a READ COMMITTED transaction: commits when it resolves, rolls back when it rejects. Statements that
   * are independent may be sent together (`Promise.all`); they run in the order sent. With a signal, an abort cancels the
   * running statement, rolls back and rejects with the signal's reason.
   */
  transaction<T>(work: (tx: Transaction) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /** A new connection outside the pool, not yet connected, for session state such as LISTEN. The caller ends it. */
  dedicatedClient(purpose: string, options?: { readonly queryTimeoutMs?: number }): Client;
  /** Waits for borrowed connections to come back, then closes all. */
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 5_000;
const IDLE_TIMEOUT_MS = 60_000;

/** Server settings as the `options` parameter of a connection, which escapes blanks and backslashes. */
function settingsOption(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value.replace(/[\\ ]/g, "\\$&")}`)
    .join(" ");
}

/**
 * Opens a pool for the whole process, shared by prepared SQL and Prisma (`new PrismaPg(database.pool)`). Connects on
 * demand, so it opens while the database is away and recovers by itself when the database restarts.
 */
export function openDatabase(options: DatabaseOptions): Database {
  const { url, poolSize = 8, name, logger, settings = {} } = options;
  const connection = {
    connectionString: url,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    types: columnTypes,
    // Just-in-time compilation costs more than any statement of an order platform runs.
    options: settingsOption({ jit: "off", ...settings }),
  };
  const pool = new Pool({
    ...connection,
    application_name: name,
    max: poolSize,
    // Statements that do not need one another's answers travel together: measured, a transaction of two statements
    // takes a fifth less CPU in both processes when its BEGIN does not cost a round trip.
    pipeline: true,
    idleTimeoutMillis: IDLE_TIMEOUT_MS,
    ...(options.queryTimeoutMs === undefined ? {} : { query_timeout: options.queryTimeoutMs }),
  });
  // Without listeners a restart of the database would end the process. An idle connection reports to the pool, which
  // replaces it; a borrowed one reports to itself, and its borrower learns of it from the statement that fails.
  // Only the reason is logged: pg hangs the whole connection, its secrets included, on these errors.
  pool.on("error", ({ message }) => logger.warn({ database: name, reason: message }, "idle database connection lost"));
  pool.on("connect", (client) => {
    client.on("error", ({ message }) => logger.debug({ database: name, reason: message }, "database connection lost"));
  });

  let closing: Promise<void> | undefined;
  return {
    pool,
    query: (statement, values = []) =>
      pool.query({
        name: statement.name,
        text: statement.text,
        values: values as unknown[],
        ...(statement.timeoutMs === undefined ? {} : { query_timeout: statement.timeoutMs }),
      }),
    transaction: (work, options) => runTransaction(pool, work, options),
    dedicatedClient: (purpose, { queryTimeoutMs } = {}) =>
      new Client({ ...connection, application_name: `${name} ${purpose}`, query_timeout: queryTimeoutMs }),
    close: () => {
      closing ??= pool.end();
      return closing;
    },
  };
}
