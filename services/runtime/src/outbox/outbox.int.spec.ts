import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Database, openDatabase } from "../database/index.ts";
import { type EventRecord, MAX_RECORD_BYTES, RecordTooLargeError } from "../event-log/index.ts";
import { createTestDatabase, type TestDatabase } from "../testing/index.ts";
import { createOutbox, type Outbox } from "./index.ts";

const logger = pino({ level: "silent" });
const WAIT = { timeout: 10_000, interval: 10 };

/** A log in memory that can be made to fail or to hang. */
function memoryLog() {
  const records: EventRecord[] = [];
  const appends: number[] = [];
  const state = {
    failing: false,
    takesBytes: Number.POSITIVE_INFINITY,
    hold: undefined as Promise<void> | undefined,
    attempts: 0,
  };
  return {
    records,
    appends,
    state,
    async append(batch: readonly EventRecord[]) {
      state.attempts++;
      if (state.failing) throw new Error("broker away");
      await state.hold;
      const large = batch.find(({ value }) => value.byteLength > state.takesBytes);
      if (large) throw new RecordTooLargeError(large, large.value.byteLength, `${state.takesBytes} bytes`);
      appends.push(batch.length);
      records.push(...batch);
    },
  };
}

let server: TestDatabase;
let log: ReturnType<typeof memoryLog>;
let processes: { database: Database; outbox: Outbox }[];

/** A process of the service: its own pool, its own relay. */
function startProcess(): { database: Database; outbox: Outbox } {
  const database = openDatabase({ url: server.url, poolSize: 4, name: `spec-${processes.length}`, logger });
  const outbox = createOutbox({ database, log, logger });
  processes.push({ database, outbox });
  return { database, outbox };
}

beforeEach(async () => {
  server = await createTestDatabase("outbox");
  log = memoryLog();
  processes = [];
  const { database } = startProcess();
  await database.pool.query(`
    CREATE TABLE outbox (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, records text NOT NULL,
      record_count integer NOT NULL, create_time timestamptz NOT NULL DEFAULT now());
    CREATE TABLE counter (key text PRIMARY KEY, value integer NOT NULL)`);
});

afterEach(async () => {
  await Promise.all(processes.map(({ outbox }) => outbox.stop()));
  await Promise.all(processes.map(({ database }) => database.close()));
  await server.drop();
});

function first() {
  const [process] = processes;
  if (!process) throw new Error("no process");
  return process;
}

const record = (key: string, value: string): EventRecord => ({
  topic: "test.v1",
  key,
  headers: { ce_id: `${key}/${value}` },
  value: Buffer.from(value),
});

/** Raises the counter of a key under its row lock and writes the new value as the key's next event. */
async function commit({ database, outbox }: { database: Database; outbox: Outbox }, key: string): Promise<void> {
  await database.transaction(async (tx) => {
    const { rows } = await tx.query<{ value: number }>(
      `INSERT INTO counter VALUES ($1, 1) ON CONFLICT (key) DO UPDATE SET value = counter.value + 1 RETURNING value`,
      [key],
    );
    await outbox.append(tx, [record(key, String(rows[0]?.value))]);
  });
  outbox.committed();
}

const publishedOf = (key: string) =>
  log.records.filter((entry) => entry.key === key).map((entry) => Number(Buffer.from(entry.value).toString()));
const upTo = (last: number) => Array.from({ length: last }, (_, n) => n + 1);
/** What a consumer with an inbox sees: the first occurrence of each event. */
const withoutRepeats = (values: number[]) => [...new Set(values)];

async function untilEmpty(): Promise<void> {
  await vi.waitFor(async () => expect(await first().outbox.lag()).toEqual({ rows: 0, oldestMs: 0 }), WAIT);
}

async function untilLeader(outbox: Outbox): Promise<void> {
  await vi.waitFor(() => expect(outbox.isLeader()).toBe(true), WAIT);
}

describe("publishing", () => {
  test("records arrive as they were written, once, and their rows go", async () => {
    const { database, outbox } = first();
    const written = [
      { ...record("a", "1"), value: Uint8Array.of(0, 255, 10, 34) },
      { topic: "other.v1", key: "ключ \"'\\", headers: { traceparent: "00-ab", empty: "" }, value: new Uint8Array() },
    ];
    await database.transaction((tx) => outbox.append(tx, written));
    expect(await outbox.lag()).toMatchObject({ rows: 1 });
    outbox.startRelay();
    await untilEmpty();
    const arrived = log.records.map(({ topic, key, headers, value }) => ({ topic, key, headers, value: [...value] }));
    expect(arrived).toEqual(written.map((entry) => ({ ...entry, value: [...entry.value] })));
  });

  test("a transaction that rolls back publishes nothing", async () => {
    const { database, outbox } = first();
    const rolledBack = database.transaction(async (tx) => {
      await outbox.append(tx, [record("a", "1")]);
      throw new Error("changed its mind");
    });
    await expect(rolledBack).rejects.toThrow("changed its mind");
    outbox.startRelay();
    await commit(first(), "b");
    await untilEmpty();
    expect(log.records.map((entry) => entry.key)).toEqual(["b"]);
  });

  test("no records, no row", async () => {
    const { database, outbox } = first();
    await database.transaction((tx) => outbox.append(tx, []));
    expect(await outbox.lag()).toEqual({ rows: 0, oldestMs: 0 });
  });

  test("each key's order is kept while many commit at once from two processes", async () => {
    const writers = [first(), startProcess()];
    for (const { outbox } of writers) outbox.startRelay();
    const keys = ["a", "b", "c", "d", "e"];
    await Promise.all(
      Array.from({ length: 400 }, (_, n) => commit(writers[n % 2] ?? first(), keys[n % keys.length] ?? "a")),
    );
    await untilEmpty();
    for (const key of keys) expect(publishedOf(key)).toEqual(upTo(80));
    expect(log.appends.length).toBeLessThan(400);
  });

  test("a row that was numbered early and committed late is not passed over", async () => {
    const { database, outbox } = first();
    outbox.startRelay();
    await database.transaction(async (tx) => {
      await outbox.append(tx, [record("slow", "1")]);
      await commit(first(), "quick");
      await vi.waitFor(() => expect(publishedOf("quick")).toEqual([1]), WAIT);
    });
    outbox.committed();
    await vi.waitFor(() => expect(publishedOf("slow")).toEqual([1]), WAIT);
  });

  test("a backlog is published in few rounds, none too large", async () => {
    const { database, outbox } = first();
    await database.transaction(async (tx) => {
      for (let n = 1; n <= 700; n++) {
        await outbox.append(
          tx,
          Array.from({ length: 10 }, (_, i) => record("a", String((n - 1) * 10 + i + 1))),
        );
      }
    });
    outbox.startRelay();
    await untilEmpty();
    expect(publishedOf("a")).toEqual(upTo(7_000));
    expect(log.appends.length).toBeLessThanOrEqual(6);
    expect(Math.max(...log.appends)).toBeLessThanOrEqual(2_000);
  });

  test("a row that does not decode stays, is seen by lag and blocks nobody", async () => {
    const { database, outbox } = first();
    await database.pool.query("INSERT INTO outbox (records, record_count) VALUES ('nonsense', 1)");
    outbox.startRelay();
    await commit(first(), "a");
    await commit(first(), "b");
    await vi.waitFor(async () => expect(await outbox.lag()).toMatchObject({ rows: 1 }), WAIT);
    expect(log.records.map((entry) => entry.key)).toEqual(["a", "b"]);
  });
});

describe("a record that is too large", () => {
  test("fails the transaction that caused it, with code and limit, and writes nothing", async () => {
    const { database, outbox } = first();
    const large = { ...record("a", "1"), value: Buffer.alloc(MAX_RECORD_BYTES) };
    const append = database.transaction((tx) => outbox.append(tx, [record("b", "1"), large]));
    await expect(append).rejects.toThrow(/^RECORD_TOO_LARGE: .* test\.v1 with key "a" .* at most 900000 bytes/);
    expect(await outbox.lag()).toEqual({ rows: 0, oldestMs: 0 });
  });

  test("for this log only stays in the table and blocks nobody, also when a new leader comes", async () => {
    log.state.takesBytes = 1_000;
    const { database, outbox } = first();
    const large = { ...record("a", "2"), value: Buffer.alloc(1_001) };
    await commit(first(), "a");
    await database.transaction((tx) => outbox.append(tx, [large]));
    await commit(first(), "a");
    await commit(first(), "b");
    outbox.startRelay();
    await vi.waitFor(async () => expect(await outbox.lag()).toMatchObject({ rows: 1 }), WAIT);
    expect(publishedOf("a")).toEqual([1, 2]);
    expect(publishedOf("b")).toEqual([1]);

    await commit(first(), "b");
    await vi.waitFor(() => expect(publishedOf("b")).toEqual([1, 2]), WAIT);
    const attempts = log.state.attempts;
    await commit(first(), "b");
    await vi.waitFor(() => expect(publishedOf("b")).toEqual([1, 2, 3]), WAIT);
    // The row is not offered again with every round.
    expect(log.state.attempts).toBe(attempts + 1);

    await outbox.stop();
    log.state.takesBytes = MAX_RECORD_BYTES;
    startProcess().outbox.startRelay();
    await untilEmpty();
    expect(log.records.filter(({ value }) => value.byteLength === 1_001)).toHaveLength(1);
  });

  test("does not keep the log's refusal of another row from being tried again", async () => {
    log.state.takesBytes = 1_000;
    const { database, outbox } = first();
    await database.transaction((tx) => outbox.append(tx, [{ ...record("a", "1"), value: Buffer.alloc(1_001) }]));
    await commit(first(), "b");
    log.state.failing = true;
    outbox.startRelay();
    await vi.waitFor(() => expect(log.state.attempts).toBeGreaterThan(2), WAIT);
    expect(await outbox.lag()).toMatchObject({ rows: 2 });
    log.state.failing = false;
    await vi.waitFor(async () => expect(await outbox.lag()).toMatchObject({ rows: 1 }), WAIT);
    expect(publishedOf("b")).toEqual([1]);
  });
});

describe("waking", () => {
  test("an idle leader is woken by a commit of its own process and of another, without waiting for its poll", async () => {
    const leader = first();
    leader.outbox.startRelay();
    await untilLeader(leader.outbox);
    const other = startProcess();
    for (const [n, process] of [leader, other].entries()) {
      const latencies: number[] = [];
      for (let round = 1; round <= 5; round++) {
        await untilEmpty();
        await commit(process, `key-${n}`);
        const committedAt = performance.now();
        await vi.waitFor(() => expect(publishedOf(`key-${n}`)).toHaveLength(round), { timeout: 5_000, interval: 2 });
        latencies.push(performance.now() - committedAt);
      }
      expect(Math.min(...latencies)).toBeLessThan(100);
    }
  });

  test("a commit whose process never says so is found by polling", async () => {
    const { database, outbox } = first();
    outbox.startRelay();
    await untilLeader(outbox);
    await database.transaction((tx) => outbox.append(tx, [record("a", "1")]));
    await vi.waitFor(() => expect(publishedOf("a")).toEqual([1]), { timeout: 3_000 });
  });
});

describe("leadership", () => {
  async function withTwo() {
    const leader = first();
    leader.outbox.startRelay();
    await untilLeader(leader.outbox);
    const standby = startProcess();
    standby.outbox.startRelay();
    await vi.waitFor(async () => {
      const { rows } = await leader.database.pool.query(
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE '% outbox relay'",
      );
      expect(rows).toHaveLength(2);
    }, WAIT);
    return { leader, standby };
  }

  test("one process leads", async () => {
    const { leader, standby } = await withTwo();
    await commit(standby, "a");
    await untilEmpty();
    expect([leader.outbox.isLeader(), standby.outbox.isLeader()]).toEqual([true, false]);
  });

  test("a leader that stops hands over after the round under way; nothing is repeated", async () => {
    const { leader, standby } = await withTwo();
    const hold = Promise.withResolvers<void>();
    log.state.hold = hold.promise;
    await commit(leader, "a");
    await vi.waitFor(() => expect(log.state.attempts).toBe(1), WAIT);
    const stopped = leader.outbox.stop();
    await commit(standby, "a");
    expect(standby.outbox.isLeader()).toBe(false);
    hold.resolve();
    await stopped;
    await untilLeader(standby.outbox);
    await commit(leader, "a");
    await untilEmpty();
    expect(publishedOf("a")).toEqual([1, 2, 3]);
  });

  test("a leader whose connection is killed is succeeded, under load, with nothing lost and order kept", async () => {
    const { leader, standby } = await withTwo();
    const killLeader = async () => {
      const { rows } = await standby.database.pool.query(
        `SELECT pg_terminate_backend(pid) FROM pg_locks
         WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
      );
      expect(rows).toHaveLength(1);
    };
    for (let kill = 0; kill < 3; kill++) {
      const writing = Promise.all(upTo(60).map((n) => commit(n % 2 === 0 ? leader : standby, "a")));
      await vi.waitFor(killLeader, WAIT);
      await writing;
    }
    await untilEmpty();
    expect(withoutRepeats(publishedOf("a"))).toEqual(upTo(180));
  });

  test("a leader that lost its lock while the log was slow removes nothing and publishes nothing more", async () => {
    const { leader, standby } = await withTwo();
    const hold = Promise.withResolvers<void>();
    log.state.hold = hold.promise;
    await commit(leader, "a");
    await vi.waitFor(() => expect(log.state.attempts).toBe(1), WAIT);
    await standby.database.pool.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'spec-0 outbox relay'",
    );
    await untilLeader(standby.outbox);
    await vi.waitFor(() => expect(log.state.attempts).toBe(2), WAIT);
    await commit(standby, "a");
    hold.resolve();
    await untilEmpty();
    expect(withoutRepeats(publishedOf("a"))).toEqual([1, 2]);
    expect(publishedOf("a").filter((value) => value === 2)).toHaveLength(1);
  });

  test("a relay that is stopped while another leads, before it starts, or twice, ends", async () => {
    const { standby } = await withTwo();
    await standby.outbox.stop();
    await standby.outbox.stop();
    await startProcess().outbox.stop();
    expect(standby.outbox.isLeader()).toBe(false);
  });

  test("a relay that finds no database keeps trying and can be stopped", async () => {
    const url = new URL(server.url);
    url.port = "1";
    const database = openDatabase({ url: url.href, name: "spec-away", logger });
    const outbox = createOutbox({ database, log, logger });
    outbox.startRelay();
    outbox.committed();
    await outbox.stop();
    await database.close();
  });
});

describe("a log that fails", () => {
  test("loses nothing and repeats nothing, and delays what follows only as long as it fails", async () => {
    const { outbox } = first();
    outbox.startRelay();
    await commit(first(), "a");
    await vi.waitFor(() => expect(publishedOf("a")).toEqual([1]), WAIT);
    log.state.failing = true;
    const before = log.state.attempts;
    for (let n = 0; n < 30; n++) await commit(first(), n % 2 === 0 ? "a" : "b");
    await vi.waitFor(() => expect(log.state.attempts).toBeGreaterThan(before + 2), WAIT);
    expect(await outbox.lag()).toMatchObject({ rows: 30 });
    expect((await outbox.lag()).oldestMs).toBeGreaterThan(0);
    log.state.failing = false;
    await untilEmpty();
    expect(publishedOf("a")).toEqual(upTo(16));
    expect(publishedOf("b")).toEqual(upTo(15));
  });

  test("is tried again with growing pauses, not hammered by every commit", async () => {
    const { outbox } = first();
    log.state.failing = true;
    outbox.startRelay();
    await untilLeader(outbox);
    for (let n = 0; n < 200; n++) await commit(first(), "a");
    expect(log.state.attempts).toBeLessThan(20);
  });

  test("does not keep the relay from stopping", async () => {
    const { outbox } = first();
    log.state.failing = true;
    outbox.startRelay();
    await commit(first(), "a");
    await vi.waitFor(() => expect(log.state.attempts).toBeGreaterThan(0), WAIT);
    await outbox.stop();
    expect(await outbox.lag()).toMatchObject({ rows: 1 });
  });
});
