export { findFreePort } from "./free-port.ts";
export { isAlive } from "./orphan.ts";
export type { Role } from "./provision.ts";
export { type PostgresExit, PostgresStartError } from "./server.ts";
export { defaultSettings, type PostgresSettings, throwawaySettings } from "./settings.ts";
export { type EmbeddedPostgres, type EmbeddedPostgresOptions, startEmbeddedPostgres } from "./start.ts";
