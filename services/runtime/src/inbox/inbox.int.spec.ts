import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { type Database, openDatabase } from "../database/index.ts";
import { newEventId } from "../ids/index.ts";
import { createTestDatabase, type TestDatabase } from "../testing/index.ts";
import { claimFresh, pruneInbox } from "./index.ts";

let server: TestDatabase;
let database: Database;

beforeAll(async () => {
  server = await createTestDatabase("inbox");
  database = openDatabase({ url: server.url, poolSize: 8, name: "spec", logger: pino({ level: "silent" }) });
  await database.pool.query(`
    CREATE TABLE inbox (consumer_group text NOT NULL, event_id uuid NOT NULL,
      receive_time timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (consumer_group, event_id));
    CREATE TABLE effect (event_id uuid NOT NULL)`);
});

afterAll(async () => {
  await database.close();
  await server.drop();
});

beforeEach(async () => {
  await database.pool.query("TRUNCATE inbox, effect");
});

const someIds = (count: number) => Array.from({ length: count }, () => newEventId());

/** What a consumer does: claims, applies what is fresh, commits. */
function consume(group: string, ids: readonly string[], beforeCommit?: () => Promise<void>): Promise<number> {
  return database.transaction(async (tx) => {
    const fresh = await claimFresh(tx, group, ids);
    await tx.query("INSERT INTO effect SELECT unnest($1::uuid[])", [[...fresh]]);
    await beforeCommit?.();
    return fresh.size;
  });
}

async function effects(): Promise<string[]> {
  const { rows } = await database.pool.query<{ event_id: string }>("SELECT event_id FROM effect ORDER BY event_id");
  return rows.map((row) => row.event_id);
}

test("an event is fresh once per group", async () => {
  const ids = someIds(3);
  expect(await consume("orders", ids)).toBe(3);
  expect(await consume("orders", [...ids, newEventId()])).toBe(1);
  expect(await consume("mail", ids)).toBe(3);
});

test("an event that comes twice in a batch is claimed once", async () => {
  const [id = ""] = someIds(1);
  expect(await consume("orders", [id, id])).toBe(1);
});

test("ids are given back as they came, in either case", async () => {
  const [first = "", second = ""] = someIds(2);
  await consume("orders", [first]);
  const fresh = await database.transaction((tx) =>
    claimFresh(tx, "orders", [first.toUpperCase(), second.toUpperCase()]),
  );
  expect([...fresh]).toEqual([second.toUpperCase()]);
});

test("nothing asked, nothing claimed", async () => {
  expect(await consume("orders", [])).toBe(0);
});

test("a claim that is rolled back leaves the events fresh", async () => {
  const ids = someIds(5);
  const failing = consume("orders", ids, () => Promise.reject(new Error("effect failed")));
  await expect(failing).rejects.toThrow("effect failed");
  expect(await consume("orders", ids)).toBe(5);
});

test("two transactions that apply the same events at once have their effect once", async () => {
  const ids = someIds(200);
  const applied = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const first = consume("orders", ids, () => {
    applied.resolve();
    return release.promise;
  });
  await applied.promise;
  const second = consume("orders", ids.toReversed());
  await vi.waitFor(async () => {
    const { rows } = await database.pool.query(
      "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()",
    );
    expect(rows).toHaveLength(1);
  });
  release.resolve();
  expect((await first) + (await second)).toBe(200);
  expect(await effects()).toEqual(ids.toSorted());
});

test("many overlapping batches in different orders never deadlock and apply each event once", async () => {
  const ids = someIds(300);
  const batches = Array.from({ length: 24 }, (_, n) => {
    const rotated = [...ids.slice(n * 12), ...ids.slice(0, n * 12)].slice(0, 150);
    return n % 2 === 0 ? rotated : rotated.toReversed();
  });
  await Promise.all(batches.map((batch) => consume("orders", batch)));
  expect(await effects()).toEqual(ids.toSorted());
});

test("pruning forgets old events, and keeps an old event that was received a moment ago", async () => {
  const now = Date.now();
  const day = 86_400_000;
  const old = Array.from({ length: 6_000 }, () => newEventId(now - 10 * day));
  const redriven = newEventId(now - 10 * day);
  await consume("orders", old);
  await database.pool.query("UPDATE inbox SET receive_time = now() - interval '10 days'");
  await consume("orders", [redriven, newEventId(now)]);
  expect(await pruneInbox(database, 7 * day, now)).toBe(6_000);
  expect(await consume("orders", [redriven])).toBe(0);
  expect(await pruneInbox(database, 7 * day, now)).toBe(0);
});
