export { type Database, type DatabaseOptions, openDatabase, type Statement, type Transaction } from "./database.ts";
export { keyedPlans } from "./keyed-plans.ts";
export { type MigrateOptions, migrate } from "./migrate.ts";
export { MigrationError } from "./migration-error.ts";
export type { TransactionOptions } from "./transaction.ts";
export { isTransient } from "./transient.ts";
