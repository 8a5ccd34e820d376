import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { MigrationError } from "./migration-error.ts";

/** One `<directory>/<name>/migration.sql`, as Prisma lays them out. */
export interface MigrationFile {
  readonly name: string;
  readonly sql: string;
  /** SHA-256 in hex, the same that Prisma records. */
  readonly checksum: string;
}

/** Reads all migrations of a directory in the order of their names. */
export async function readMigrations(directory: string): Promise<MigrationFile[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  if (names.length === 0) {
    throw new MigrationError(
      "MIGRATIONS_MISSING",
      directory,
      `no migrations in ${directory}: expected folders with a migration.sql`,
    );
  }
  return Promise.all(
    names.sort().map(async (name) => {
      const content = await readFile(join(directory, name, "migration.sql"));
      return { name, sql: content.toString("utf8"), checksum: createHash("sha256").update(content).digest("hex") };
    }),
  );
}
