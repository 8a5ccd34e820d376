import type { Pool, PoolClient } from "pg";
import { type Backend, requestCancel } from "./cancel.ts";

export interface TransactionOptions {
  /** Aborting it cancels the running statement and rolls back. */
  readonly signal?: AbortSignal | undefined;
}

// A prepared statement whose table was altered fails on its connection for ever; a new connection prepares it anew.
// After a time-out the answer is still to come, and would be taken for that of the next statement.
const SPOILING = ["cached plan must not change result type", "Query read timeout"];

/** Whether a connection can no longer be trusted after this error, although it may still be open. */
function spoilsConnection(error: unknown): boolean {
  return error instanceof Error && SPOILING.some((known) => error.message.includes(known));
}

async function rollBack(client: PoolClient, cause: unknown): Promise<void> {
  if (spoilsConnection(cause)) {
    client.release(true);
    return;
  }
  try {
    await client.query("ROLLBACK");
    client.release();
  } catch (error) {
    // The connection is gone and with it the transaction; the caller gets the error that came first.
    client.release(error instanceof Error ? error : true);
  }
}

/**
 * Sends BEGIN without waiting for it: the pool's connections are pipelined, so it travels with the first statement, and
 * where it fails that statement fails as well.
 */
function begin(client: PoolClient): void {
  client.query("BEGIN").catch(() => undefined);
}

async function commit(client: PoolClient): Promise<void> {
  const { command } = await client.query("COMMIT");
  // PostgreSQL answers a COMMIT in a failed transaction with a quiet ROLLBACK.
  if (command !== "COMMIT") {
    throw new Error(
      "the transaction was rolled back: one of its statements failed and the work did not pass its error on",
    );
  }
}

async function runToEnd<T>(client: PoolClient, work: (tx: PoolClient) => Promise<T>): Promise<T> {
  let result: T;
  try {
    begin(client);
    result = await work(client);
    await commit(client);
  } catch (error) {
    await rollBack(client, error);
    throw error;
  }
  client.release();
  return result;
}

async function runUntilAborted<T>(
  client: PoolClient,
  work: (tx: PoolClient) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const cancel = () => void requestCancel(client as PoolClient & Backend);
  signal.addEventListener("abort", cancel, { once: true });
  let result: T;
  try {
    begin(client);
    result = await work(client);
    signal.throwIfAborted();
    // Past this point the outcome belongs to the database: a cancel could no longer tell whether it committed.
    signal.removeEventListener("abort", cancel);
    await commit(client);
  } catch (error) {
    signal.removeEventListener("abort", cancel);
    if (!signal.aborted) {
      await rollBack(client, error);
      throw error;
    }
    // A cancel request may still be on its way and must not hit the next user of this connection.
    client.release(true);
    throw signal.reason;
  }
  client.release();
  return result;
}

/** Runs `work` between BEGIN and COMMIT on a connection of the pool; see `Database.transaction`. */
export async function runTransaction<T>(
  pool: Pool,
  work: (tx: PoolClient) => Promise<T>,
  { signal }: TransactionOptions = {},
): Promise<T> {
  signal?.throwIfAborted();
  const client = await pool.connect();
  if (!signal) return runToEnd(client, work);
  if (signal.aborted) {
    client.release();
    throw signal.reason;
  }
  return runUntilAborted(client, work, signal);
}
