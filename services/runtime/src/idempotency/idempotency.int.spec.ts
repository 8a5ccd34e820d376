import { create, toBinary } from "@bufbuild/protobuf";
import { type StringValue, StringValueSchema } from "@bufbuild/protobuf/wkt";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { type Database, openDatabase, type Transaction } from "../database/index.ts";
import { createTestDatabase, type TestDatabase } from "../testing/index.ts";
import { pruneIdempotencyKeys, rememberResponses, requestHash, runOnce } from "./index.ts";

const logger = pino({ level: "silent" });
let server: TestDatabase;
let database: Database;
/** Another process of the same service: its own pool and its own memory of what is under way. */
let replica: Database;

beforeAll(async () => {
  server = await createTestDatabase("idempotency");
  database = openDatabase({ url: server.url, poolSize: 3, name: "spec", logger });
  replica = openDatabase({ url: server.url, poolSize: 3, name: "spec replica", logger });
  await database.pool.query(`
    CREATE TABLE idempotency_key (caller text NOT NULL, key text NOT NULL, method text NOT NULL,
      request_hash bytea NOT NULL, response bytea NOT NULL, create_time timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (caller, key));
    CREATE TABLE refund (body text NOT NULL)`);
});

afterAll(async () => {
  await Promise.all([database.close(), replica.close()]);
  await server.drop();
});

beforeEach(async () => {
  await database.pool.query("TRUNCATE idempotency_key, refund");
});

const METHOD = "test.Payments/Refund";

function requestOf(body: string, caller = "ada", key = "key-1") {
  const hash = requestHash(METHOD, StringValueSchema, create(StringValueSchema, { value: body }));
  return { caller, key, method: METHOD, hash, schema: StringValueSchema };
}

async function refund(tx: Transaction, body: string): Promise<StringValue> {
  const { rows } = await tx.query<{ count: number }>(
    "WITH new AS (INSERT INTO refund VALUES ($1)) SELECT count(*)::integer AS count FROM refund",
    [body],
  );
  return create(StringValueSchema, { value: `refunded ${body} after ${rows[0]?.count} others` });
}

const callOn = (where: Database, body: string, caller?: string, key?: string) =>
  runOnce(where, requestOf(body, caller, key), (tx) => refund(tx, body));

async function refunds(): Promise<number> {
  const { rows } = await database.pool.query<{ count: number }>("SELECT count(*)::integer AS count FROM refund");
  return rows[0]?.count ?? -1;
}

describe("the request hash", () => {
  const message = create(StringValueSchema, { value: "x" });
  test("is the same for the same method and message, and no other", () => {
    const hash = requestHash("a.S/M", StringValueSchema, message);
    expect(hash).toEqual(requestHash("a.S/M", StringValueSchema, create(StringValueSchema, { value: "x" })));
    expect(hash).not.toEqual(requestHash("a.S/N", StringValueSchema, message));
    expect(hash).not.toEqual(requestHash("a.S/M", StringValueSchema, create(StringValueSchema, { value: "y" })));
    expect(hash).toHaveLength(32);
  });
});

describe("run once", () => {
  test("the same request again gets the first answer without running", async () => {
    expect(await callOn(database, "10")).toMatchObject({
      replayed: false,
      response: { value: "refunded 10 after 0 others" },
    });
    expect(await callOn(database, "10")).toMatchObject({
      replayed: true,
      response: { value: "refunded 10 after 0 others" },
    });
    expect(await callOn(replica, "10")).toMatchObject({
      replayed: true,
      response: { value: "refunded 10 after 0 others" },
    });
    expect(await refunds()).toBe(1);
  });

  test("fifty at once over two processes are one execution and one answer", async () => {
    const calls = Array.from({ length: 50 }, (_, n) => callOn(n % 2 === 0 ? database : replica, "10"));
    const results = await Promise.all(calls);
    expect(new Set(results.map((result) => result.response.value))).toEqual(new Set(["refunded 10 after 0 others"]));
    expect(results.filter((result) => !result.replayed)).toHaveLength(1);
    expect(await refunds()).toBe(1);
  });

  test("fifty at once leave the pool to the one that works, which may need it", async () => {
    const calls = Array.from({ length: 50 }, () =>
      runOnce(database, requestOf("10"), async (tx) => {
        await database.pool.query("SELECT 1");
        return refund(tx, "10");
      }),
    );
    expect(new Set((await Promise.all(calls)).map((result) => result.response.value)).size).toBe(1);
    expect(await refunds()).toBe(1);
  });

  test("another body with the same key is refused and has no effect", async () => {
    await callOn(database, "10");
    for (const where of [database, replica]) {
      await expect(callOn(where, "11")).rejects.toMatchObject({
        spec: { code: "IDEMPOTENCY_KEY_REUSED" },
        message: expect.stringContaining('"key-1"'),
      });
    }
    expect(await refunds()).toBe(1);
  });

  test("of two bodies at once one wins and the other is refused", async () => {
    const results = await Promise.allSettled([callOn(database, "10"), callOn(replica, "11"), callOn(database, "12")]);
    expect(results.filter((result) => result.status === "fulfilled")).toHaveLength(1);
    expect(await refunds()).toBe(1);
  });

  test("another caller's same key, and another key of the same caller, are independent", async () => {
    const results = await Promise.all([
      callOn(database, "10", "ada"),
      callOn(database, "10", "bob"),
      callOn(database, "10", "ada", "key-2"),
    ]);
    expect(results.every((result) => !result.replayed)).toBe(true);
    expect(await refunds()).toBe(3);
  });

  test("a failure remembers nothing: the same or another body may follow", async () => {
    const failing = runOnce(database, requestOf("10"), async (tx) => {
      await refund(tx, "10");
      throw new Error("provider away");
    });
    await expect(failing).rejects.toThrow("provider away");
    expect(await refunds()).toBe(0);
    expect(await callOn(database, "11")).toMatchObject({ replayed: false });
  });

  test("those that waited for a call that failed run instead, one of them", async () => {
    const started = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const failing = runOnce(database, requestOf("10"), async () => {
      started.resolve();
      await gate.promise;
      throw new Error("provider away");
    });
    await started.promise;
    const waiting = Array.from({ length: 10 }, (_, n) => callOn(n % 2 === 0 ? database : replica, "10"));
    await vi.waitFor(async () => {
      const { rows } = await replica.pool.query(
        "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()",
      );
      expect(rows).toHaveLength(1);
    });
    gate.resolve();
    await expect(failing).rejects.toThrow("provider away");
    expect((await Promise.all(waiting)).filter((result) => !result.replayed)).toHaveLength(1);
    expect(await refunds()).toBe(1);
  });

  test("a call that is aborted while it works remembers nothing", async () => {
    const abort = new AbortController();
    const aborted = runOnce(database, { ...requestOf("10"), signal: abort.signal }, async (tx) => {
      abort.abort(new Error("deadline passed"));
      return refund(tx, "10");
    });
    await expect(aborted).rejects.toThrow("deadline passed");
    expect(await callOn(database, "10")).toMatchObject({ replayed: false });
  });
});

describe("remembering a group", () => {
  const text = (value: string) => toBinary(StringValueSchema, create(StringValueSchema, { value }));
  const entry = (key: string, body: string, response: string, caller = "ada") => ({
    caller,
    key,
    method: METHOD,
    requestHash: requestOf(body).hash,
    response: text(response),
  });
  const remember = (entries: ReturnType<typeof entry>[]) =>
    database.transaction((tx) => rememberResponses(tx, entries));

  test("tells fresh, repeated and reused keys apart, within a group and against earlier ones", async () => {
    expect(await remember([entry("a", "1", "first a"), entry("b", "1", "first b")])).toEqual([
      { state: "fresh" },
      { state: "fresh" },
    ]);
    const results = await remember([
      entry("c", "1", "first c"),
      entry("a", "1", "second a"),
      entry("b", "2", "other b"),
      entry("c", "1", "second c"),
      entry("c", "2", "third c"),
      entry("a", "1", "a of bob", "bob"),
    ]);
    expect(results).toEqual([
      { state: "fresh" },
      { state: "replay", response: Buffer.from(text("first a")) },
      { state: "reused", method: METHOD },
      { state: "replay", response: Buffer.from(text("first c")) },
      { state: "reused", method: METHOD },
      { state: "fresh" },
    ]);
  });

  test("is understood by run once", async () => {
    await remember([entry("key-1", "10", "remembered")]);
    expect(await callOn(database, "10")).toMatchObject({ replayed: true, response: { value: "remembered" } });
  });

  test("groups that share keys in different orders never deadlock", async () => {
    const keys = Array.from({ length: 60 }, (_, n) => `key-${n}`);
    const groups = Array.from({ length: 12 }, (_, n) => (n % 2 === 0 ? keys : keys.toReversed()));
    const results = await Promise.all(groups.map((group) => remember(group.map((key) => entry(key, "1", "x")))));
    expect(results.flat().filter((result) => result.state === "fresh")).toHaveLength(60);
  });

  test("nothing given, nothing asked", async () => {
    expect(await remember([])).toEqual([]);
  });
});

test("pruning frees old keys only", async () => {
  await callOn(database, "10", "ada", "old");
  await database.pool.query("UPDATE idempotency_key SET create_time = now() - interval '2 days'");
  await callOn(database, "10", "ada", "new");
  expect(await pruneIdempotencyKeys(database, 86_400_000)).toBe(1);
  expect(await callOn(database, "10", "ada", "new")).toMatchObject({ replayed: true });
  expect(await callOn(database, "10", "ada", "old")).toMatchObject({ replayed: false });
});
