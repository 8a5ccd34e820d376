import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../testing/index.ts";
import { MigrationError, migrate } from "./index.ts";

const logger = pino({ level: "silent" });
let directory: string;
let server: TestDatabase;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "ordermesh-migrations-"));
  server = await createTestDatabase("migrate");
});

afterEach(async () => {
  await server.drop();
  await rm(directory, { recursive: true, force: true });
});

async function write(name: string, sql: string): Promise<void> {
  await mkdir(join(directory, name), { recursive: true });
  await writeFile(join(directory, name, "migration.sql"), sql);
}

const run = () => migrate({ url: server.url, directory, logger });

async function select<R>(sql: string): Promise<R[]> {
  const client = new Client({ connectionString: server.url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

test("migrations are applied once, in the order of their names, and later ones on top", async () => {
  await write("0002_more", "ALTER TABLE thing ADD COLUMN note text; CREATE INDEX ON thing (note);");
  await write("0001_init", "CREATE TABLE thing (id bigint PRIMARY KEY);");
  expect(await run()).toEqual(["0001_init", "0002_more"]);
  expect(await run()).toEqual([]);
  await write("0003_last", "ALTER TABLE thing DROP COLUMN note;");
  expect(await run()).toEqual(["0003_last"]);
});

test("ten processes that start at once apply everything exactly once", async () => {
  await write("0001_init", "CREATE TABLE thing (id bigint PRIMARY KEY);");
  await write("0002_fill", "INSERT INTO thing SELECT count(*) + 1 FROM thing;");
  const applied = await Promise.all(Array.from({ length: 10 }, run));
  expect(applied.flat().sort()).toEqual(["0001_init", "0002_fill"]);
  expect(await select("SELECT count(*)::integer AS rows FROM thing")).toEqual([{ rows: 1 }]);
});

test("the history is Prisma's: its table and its checksum", async () => {
  await write("0001_init", "SELECT 1;\n");
  await run();
  expect(
    await select(
      "SELECT migration_name, checksum, finished_at IS NOT NULL AS finished, applied_steps_count FROM _prisma_migrations",
    ),
  ).toEqual([
    {
      migration_name: "0001_init",
      checksum: "b4e0497804e46e0a0b0b8c31975b062152d551bac49c3c2e80932567b4085dcd",
      finished: true,
      applied_steps_count: 1,
    },
  ]);
});

test("a migration that was changed after it was applied is refused by name", async () => {
  await write("0001_init", "CREATE TABLE thing (id bigint PRIMARY KEY);");
  await run();
  await write("0001_init", "CREATE TABLE thing (id integer PRIMARY KEY);");
  await write("0002_more", "ALTER TABLE thing ADD COLUMN note text;");
  await expect(run()).rejects.toThrow(MigrationError);
  await expect(run()).rejects.toMatchObject({
    code: "MIGRATION_CHANGED",
    migration: "0001_init",
    message: expect.stringMatching(/0001_init was changed after it was applied .*put the change into a new migration/),
  });
  expect(await select("SELECT 1 FROM information_schema.columns WHERE column_name = 'note'")).toEqual([]);
});

test("a migration that fails leaves nothing of itself, keeps the earlier ones and names the reason", async () => {
  await write("0001_init", "CREATE TABLE thing (id bigint PRIMARY KEY);");
  await write("0002_bad", "ALTER TABLE thing ADD COLUMN note text; SELECT * FROM nowhere;");
  await expect(run()).rejects.toMatchObject({
    code: "MIGRATION_FAILED",
    migration: "0002_bad",
    message: 'migration 0002_bad failed: relation "nowhere" does not exist',
  });
  await write("0002_bad", "ALTER TABLE thing ADD COLUMN note text;");
  expect(await run()).toEqual(["0002_bad"]);
});

test("a migration that another tool left unfinished stops the start", async () => {
  await write("0001_init", "CREATE TABLE thing (id bigint PRIMARY KEY);");
  await run();
  await select("UPDATE _prisma_migrations SET finished_at = NULL");
  await expect(run()).rejects.toMatchObject({ code: "MIGRATION_UNFINISHED", migration: "0001_init" });
});

test("an older version starts on a database that is ahead of it", async () => {
  await write("0001_init", "CREATE TABLE thing (id bigint PRIMARY KEY);");
  await write("0002_newer", "ALTER TABLE thing ADD COLUMN note text;");
  await run();
  await rm(join(directory, "0002_newer"), { recursive: true });
  expect(await run()).toEqual([]);
});

test("a folder without migrations is a mistake", async () => {
  await expect(run()).rejects.toMatchObject({ code: "MIGRATIONS_MISSING" });
});

test("waits for a database that is not there yet, but not for ever", async () => {
  await write("0001_init", "SELECT 1;");
  const url = new URL(server.url);
  url.port = "1";
  await expect(migrate({ url: url.href, directory, logger, waitMs: 300 })).rejects.toMatchObject({
    code: "ECONNREFUSED",
  });
});
