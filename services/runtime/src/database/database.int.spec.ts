import { randomBytes } from "node:crypto";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { findFreePort, startEmbeddedPostgres, throwawaySettings } from "../embedded-postgres/index.ts";
import { createTestDatabase, type TestDatabase } from "../testing/index.ts";
import { type Database, isTransient, openDatabase } from "./index.ts";

const logger = pino({ level: "silent" });
const INSERT = { name: "thing_insert", text: "INSERT INTO thing (id) VALUES ($1)" };
const COUNT = { name: "thing_count", text: "SELECT count(*)::integer AS count FROM thing WHERE id = $1" };

let server: TestDatabase;
let database: Database;

beforeAll(async () => {
  server = await createTestDatabase("database");
  database = openDatabase({ url: server.url, poolSize: 4, name: "spec", logger });
  await database.pool.query("CREATE TABLE thing (id bigint PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())");
});

afterAll(async () => {
  await database.close();
  await server.drop();
});

async function count(id: bigint): Promise<number> {
  const { rows } = await database.query<{ count: number }>(COUNT, [id]);
  return rows[0]?.count ?? -1;
}

/** The test's own function, waiting until a session of this database is in the given state. */
async function untilSessions(where: string, expected: number): Promise<void> {
  await vi.waitFor(async () => {
    const { rows } = await database.pool.query<{ count: number }>(
      `SELECT count(*)::integer AS count FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid() AND ${where}`,
    );
    expect(rows[0]?.count).toBe(expected);
  });
}

describe("columns", () => {
  test("int8 is a bigint to its limits, also in arrays and as a parameter; timestamptz is a Date", async () => {
    const { rows } = await database.query(
      {
        name: "columns",
        text: `SELECT $1::bigint AS big, $2::bigint[] AS many, ARRAY[NULL, 1]::bigint[] AS gaps, '{}'::bigint[] AS none,
                      timestamptz '2026-01-01 00:00:00Z' AS at, 7::integer AS small`,
      },
      [9223372036854775807n, [-9223372036854775808n, 0n]],
    );
    expect(rows).toEqual([
      {
        big: 9223372036854775807n,
        many: [-9223372036854775808n, 0n],
        gaps: [null, 1n],
        none: [],
        at: new Date("2026-01-01T00:00:00Z"),
        small: 7,
      },
    ]);
  });

  test("settings reach the server, blanks included", async () => {
    const tuned = openDatabase({
      url: server.url,
      poolSize: 1,
      name: "spec tuned",
      logger,
      settings: { plan_cache_mode: "force_generic_plan", DateStyle: "ISO, DMY" },
    });
    const show = async (name: string) => (await tuned.pool.query(`SHOW ${name}`)).rows;
    expect(await show("plan_cache_mode")).toEqual([{ plan_cache_mode: "force_generic_plan" }]);
    expect(await show("DateStyle")).toEqual([{ DateStyle: "ISO, DMY" }]);
    expect(await show("application_name")).toEqual([{ application_name: "spec tuned" }]);
    await tuned.close();
  });
});

describe("a transaction", () => {
  test("commits when its work resolves", async () => {
    const answer = await database.transaction(async (tx) => {
      await tx.query({ ...INSERT, values: [1n] });
      return "answer";
    });
    expect(answer).toBe("answer");
    expect(await count(1n)).toBe(1);
  });

  test("rolls back when its work rejects, and leaves the connection fit for use", async () => {
    const work = database.transaction(async (tx) => {
      await tx.query({ ...INSERT, values: [2n] });
      throw new Error("changed its mind");
    });
    await expect(work).rejects.toThrow("changed its mind");
    expect(await count(2n)).toBe(0);
    await untilSessions("state LIKE 'idle in transaction%'", 0);
    expect(database.pool.waitingCount).toBe(0);
  });

  test("reports the first error when a statement fails", async () => {
    const work = database.transaction(async (tx) => {
      await tx.query({ ...INSERT, values: [3n] });
      await tx.query({ ...INSERT, values: [3n] });
    });
    await expect(work).rejects.toMatchObject({ code: "23505" });
    expect(await count(3n)).toBe(0);
  });

  test("does not pretend to have committed when its work hides a failed statement", async () => {
    const work = database.transaction(async (tx) => {
      await tx.query({ ...INSERT, values: [31n] });
      await tx.query({ ...INSERT, values: [31n] }).catch(() => undefined);
    });
    await expect(work).rejects.toThrow(/rolled back: one of its statements failed/);
    expect(await count(31n)).toBe(0);
  });

  test("runs statements that were sent together in the order sent, on one connection", async () => {
    const answers = await database.transaction((tx) =>
      Promise.all([
        tx.query({ ...INSERT, values: [32n] }),
        tx.query<{ count: number }>({ ...COUNT, values: [32n] }),
        tx.query<{ count: number }>({ ...COUNT, values: [33n] }),
      ]),
    );
    expect(answers[1].rows[0]?.count).toBe(1);
    expect(answers[2].rows[0]?.count).toBe(0);
  });

  test("ends with the error of the statement that failed among those sent together, and has no effect", async () => {
    const work = database.transaction((tx) =>
      Promise.all([
        tx.query({ ...INSERT, values: [34n] }),
        tx.query({ ...INSERT, values: [34n] }),
        tx.query({ ...INSERT, values: [35n] }),
      ]),
    );
    await expect(work).rejects.toMatchObject({ code: "23505" });
    expect([await count(34n), await count(35n)]).toEqual([0, 0]);
  });

  test("that finds no database rejects with a transient error", async () => {
    const away = new URL(server.url);
    away.port = "1";
    const unreachable = openDatabase({ url: away.href, name: "spec away", logger });
    const error = await unreachable.transaction(async () => undefined).catch((reason: unknown) => reason);
    expect(isTransient(error)).toBe(true);
    await unreachable.close();
  });

  test("an abort cancels the statement under way and rolls back", async () => {
    const abort = new AbortController();
    const work = database.transaction(
      async (tx) => {
        await tx.query({ ...INSERT, values: [4n] });
        await tx.query("SELECT pg_sleep(60)");
      },
      { signal: abort.signal },
    );
    await untilSessions("wait_event = 'PgSleep'", 1);
    abort.abort(new Error("deadline passed"));
    await expect(work).rejects.toThrow("deadline passed");
    await untilSessions("wait_event = 'PgSleep'", 0);
    expect(await count(4n)).toBe(0);
  });

  test("an abort between statements keeps the work from committing", async () => {
    const abort = new AbortController();
    const work = database.transaction(
      async (tx) => {
        await tx.query({ ...INSERT, values: [5n] });
        abort.abort(new Error("deadline passed"));
      },
      { signal: abort.signal },
    );
    await expect(work).rejects.toThrow("deadline passed");
    expect(await count(5n)).toBe(0);
  });

  test("with a signal that is already aborted is never begun", async () => {
    const work = vi.fn(async () => undefined);
    await expect(database.transaction(work, { signal: AbortSignal.abort(new Error("late")) })).rejects.toThrow("late");
    expect(work).not.toHaveBeenCalled();
  });

  test("that waits for a connection when the signal aborts is never begun, and gives the connection back", async () => {
    const single = openDatabase({ url: server.url, poolSize: 1, name: "spec single", logger });
    const hold = Promise.withResolvers<void>();
    const holding = single.transaction(() => hold.promise);
    const abort = new AbortController();
    const work = vi.fn(async () => undefined);
    const waiting = single.transaction(work, { signal: abort.signal });
    abort.abort(new Error("deadline passed"));
    hold.resolve();
    await holding;
    await expect(waiting).rejects.toThrow("deadline passed");
    expect(work).not.toHaveBeenCalled();
    expect(single.pool.idleCount).toBe(1);
    await single.close();
  });

  test("loses its connection with a transient error, and the pool goes on", async () => {
    const work = database.transaction(async (tx) => {
      const { rows } = await tx.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
      await database.pool.query("SELECT pg_terminate_backend($1)", [rows[0]?.pid]);
      await tx.query({ ...INSERT, values: [6n] });
    });
    const error = await work.catch((reason: unknown) => reason);
    expect(isTransient(error)).toBe(true);
    expect(await count(6n)).toBe(0);
  });

  test("prepares a statement anew after its table was altered", async () => {
    const star = { name: "thing_star", text: "SELECT * FROM altered" };
    const single = openDatabase({ url: server.url, poolSize: 1, name: "spec single", logger });
    await single.pool.query("CREATE TABLE altered (id integer)");
    await single.transaction((tx) => tx.query(star));
    await single.pool.query("ALTER TABLE altered ADD COLUMN extra integer");
    const error = await single.transaction((tx) => tx.query(star)).catch((reason: unknown) => reason);
    expect(isTransient(error)).toBe(true);
    const { fields } = await single.transaction((tx) => tx.query(star));
    expect(fields.map((field) => field.name)).toEqual(["id", "extra"]);
    await single.close();
  });
});

test("the pool survives a restart of the database", async () => {
  const folder = await mkdtemp(join(tmpdir(), "ordermesh-restart-"));
  await chmod(folder, 0o711);
  const options = {
    dataDir: join(folder, "postgres"),
    port: await findFreePort(),
    superPassword: randomBytes(18).toString("base64url"),
    settings: throwawaySettings,
  };
  let postgres = await startEmbeddedPostgres(options);
  const restarted = openDatabase({ url: postgres.url("postgres"), poolSize: 3, name: "spec restart", logger });
  try {
    const one = { name: "one", text: "SELECT 1 AS one" };
    await Promise.all([1, 2, 3].map(() => restarted.query(one)));
    await postgres.stop();
    const error = await restarted.query(one).catch((reason: unknown) => reason);
    expect(isTransient(error)).toBe(true);
    postgres = await startEmbeddedPostgres(options);
    const answers = await Promise.all([1, 2, 3, 4].map(() => restarted.query<{ one: number }>(one)));
    expect(answers.map(({ rows }) => rows[0]?.one)).toEqual([1, 1, 1, 1]);
  } finally {
    await restarted.close();
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  }
});
