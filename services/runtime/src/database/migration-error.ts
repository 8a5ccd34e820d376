/** A migration that could not be applied, or a history that does not fit the files. Restarting does not help. */
export class MigrationError extends Error {
  readonly code: "MIGRATION_CHANGED" | "MIGRATION_FAILED" | "MIGRATION_UNFINISHED" | "MIGRATIONS_MISSING";
  readonly migration: string;

  constructor(code: MigrationError["code"], migration: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "MigrationError";
    this.code = code;
    this.migration = migration;
  }
}
