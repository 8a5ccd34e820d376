import pg from "pg";
import { expect, test } from "vitest";
import { createTestDatabase } from "./index.ts";

test("a test database is empty, usable and gone after drop", async () => {
  const database = await createTestDatabase("Sample name");
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const tables = await client.query("SELECT 1 FROM pg_tables WHERE schemaname = 'public'");
  expect(tables.rowCount).toBe(0);
  await client.query("CREATE TABLE thing (id bigint)");
  await client.end();
  await database.drop();
  const again = new pg.Client({ connectionString: database.url });
  await expect(again.connect()).rejects.toThrow(/does not exist/);
});
