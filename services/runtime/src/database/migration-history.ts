import { randomUUID } from "node:crypto";
import type { Client } from "pg";
import { MigrationError } from "./migration-error.ts";
import type { MigrationFile } from "./migration-files.ts";

// Prisma's own table, so that its command line can take the history over at any time.
const CREATE_HISTORY = `
  CREATE TABLE IF NOT EXISTS _prisma_migrations (
    id varchar(36) PRIMARY KEY,
    checksum varchar(64) NOT NULL,
    finished_at timestamptz,
    migration_name varchar(255) NOT NULL,
    logs text,
    rolled_back_at timestamptz,
    started_at timestamptz NOT NULL DEFAULT now(),
    applied_steps_count integer NOT NULL DEFAULT 0
  )`;

interface HistoryRow {
  migration_name: string;
  checksum: string;
  finished_at: Date | null;
}

/** The names already applied, after checking that they are the same as in the files. */
export async function readHistory(client: Client, files: readonly MigrationFile[]): Promise<string[]> {
  const { rows: found } = await client.query("SELECT to_regclass('_prisma_migrations') IS NOT NULL AS present");
  if (found[0]?.present !== true) await client.query(CREATE_HISTORY);
  const { rows } = await client.query<HistoryRow>(
    "SELECT migration_name, checksum, finished_at FROM _prisma_migrations WHERE rolled_back_at IS NULL ORDER BY started_at",
  );
  const known = new Map(files.map((file) => [file.name, file]));
  for (const row of rows) {
    const name = row.migration_name;
    if (row.finished_at === null) {
      throw new MigrationError(
        "MIGRATION_UNFINISHED",
        name,
        `migration ${name} was begun by another tool and never finished: repair the schema, then set finished_at or rolled_back_at of its row in _prisma_migrations`,
      );
    }
    const file = known.get(name);
    if (file && file.checksum !== row.checksum) {
      throw new MigrationError(
        "MIGRATION_CHANGED",
        name,
        `migration ${name} was changed after it was applied (recorded sha256 ${row.checksum}, file ${file.checksum}): restore the file and put the change into a new migration`,
      );
    }
  }
  return rows.map((row) => row.migration_name);
}

/** Applies one migration and records it, in one transaction: both happen or neither. */
export async function applyMigration(client: Client, file: MigrationFile): Promise<void> {
  await client.query("BEGIN");
  try {
    await client.query(file.sql);
    await client.query(
      `INSERT INTO _prisma_migrations (id, checksum, finished_at, migration_name, started_at, applied_steps_count)
       VALUES ($1, $2, clock_timestamp(), $3, now(), 1)`,
      [randomUUID(), file.checksum, file.name],
    );
    await client.query("COMMIT");
  } catch (error) {
    // When the connection is what failed, the server rolls back by itself and the first error tells more.
    await client.query("ROLLBACK").catch(() => undefined);
    throw error;
  }
}
