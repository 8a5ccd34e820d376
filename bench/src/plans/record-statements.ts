// A database that runs nothing: it notes the statements that code would have sent.
import type { Database, Statement, Transaction } from "@ordermesh/runtime/database";

/** A statement as it was sent, with its parameters left open. */
export interface SentStatement {
  /** The name of a prepared one; empty when it has none. */
  readonly name: string;
  readonly text: string;
}

export interface StatementRecorder {
  readonly database: Database;
  readonly tx: Transaction;
  /** Gives the statements noted since the last time. */
  take(): SentStatement[];
}

/** `answers` are the rows that statements get, by name; none unless given. */
export function recordStatements(answers: Readonly<Record<string, readonly unknown[]>> = {}): StatementRecorder {
  let sent: SentStatement[] = [];
  const query = async ({ name, text }: Statement): Promise<{ rows: readonly unknown[]; rowCount: number }> => {
    sent.push({ name, text });
    const rows = answers[name] ?? [];
    return { rows, rowCount: rows.length };
  };
  const partial: unknown = { query };
  return {
    database: partial as Database,
    tx: partial as Transaction,
    take: () => {
      const taken = sent;
      sent = [];
      return taken;
    },
  };
}
