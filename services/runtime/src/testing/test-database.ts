import { randomBytes } from "node:crypto";
import pg from "pg";
import { inject } from "vitest";
import "./global-postgres.ts";

export interface TestDatabase {
  readonly name: string;
  readonly url: string;
  /** Ends its connections and removes it. */
  drop(): Promise<void>;
}

/** An empty database of its own for a spec, on the run's shared PostgreSQL. */
export async function createTestDatabase(label = "test"): Promise<TestDatabase> {
  const server = new URL(inject("ordermeshPostgresUrl"));
  const name = `${label.replaceAll(/[^a-z0-9]+/g, "_")}_${randomBytes(6).toString("hex")}`;
  await administer(server.href, `CREATE DATABASE "${name}"`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return {
    name,
    url: url.href,
    drop: () => administer(server.href, `DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`),
  };
}

async function administer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
