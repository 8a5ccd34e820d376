import { setTimeout as delay } from "node:timers/promises";
import { Client } from "pg";
import type { Logger } from "../logging/index.ts";
import { MigrationError } from "./migration-error.ts";
import { type MigrationFile, readMigrations } from "./migration-files.ts";
import { applyMigration, readHistory } from "./migration-history.ts";
import { isTransient } from "./transient.ts";

export interface MigrateOptions {
  /** PostgreSQL connection URL of the database's owner. */
  readonly url: string;
  /** Folder that holds `<name>/migration.sql`. */
  readonly directory: string;
  readonly logger: Logger;
  /** How long to wait for a database that is still starting, in milliseconds; default 15,000. */
  readonly waitMs?: number;
}

// Any two constants serve; all that migrate one database must use the same.
const LOCK = "SELECT pg_advisory_lock(1330792773, 1)";
const RETRY_MS = 250;

async function connectWhenReady(url: string, waitMs: number): Promise<Client> {
  const giveUpAt = performance.now() + waitMs;
  for (;;) {
    const client = new Client({ connectionString: url, application_name: "migrate", connectionTimeoutMillis: 5_000 });
    // A lost connection also fails the statement under way, which reports it.
    client.on("error", () => undefined);
    try {
      await client.connect();
      return client;
    } catch (error) {
      await client.end().catch(() => undefined);
      if (!isTransient(error) || performance.now() > giveUpAt) throw error;
    }
    await delay(RETRY_MS);
  }
}

async function apply(client: Client, file: MigrationFile): Promise<void> {
  try {
    await applyMigration(client, file);
  } catch (error) {
    if (isTransient(error)) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new MigrationError("MIGRATION_FAILED", file.name, `migration ${file.name} failed: ${reason}`, {
      cause: error,
    });
  }
}

/**
 * Brings a database up to date with the migrations of a folder and records them in Prisma's history table. Any number
 * of processes may call it at once: a session lock lets one work while the others wait and then find nothing to do.
 * History that the folder does not know is left alone, so an older version can start during a roll-back.
 *
 * @returns the names applied by this call
 * @throws MigrationError when a recorded migration's file has changed, or when one fails; what was applied before stays
 */
export async function migrate({ url, directory, logger, waitMs = 15_000 }: MigrateOptions): Promise<string[]> {
  const files = await readMigrations(directory);
  const client = await connectWhenReady(url, waitMs);
  try {
    await client.query(LOCK);
    const done = new Set(await readHistory(client, files));
    const applied: string[] = [];
    for (const file of files) {
      if (done.has(file.name)) continue;
      await apply(client, file);
      logger.info({ migration: file.name }, "migration applied");
      applied.push(file.name);
    }
    return applied;
  } finally {
    // Ending the session releases the lock.
    await client.end();
  }
}
