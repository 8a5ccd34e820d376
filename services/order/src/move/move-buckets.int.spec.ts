import { setTimeout as delay } from "node:timers/promises";
import { bucketOfKey } from "@ordermesh/runtime/ids";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { GIVE_UP_MS } from "./fence.ts";
import { abortMoves, type MoverOptions, moveBuckets, resumeMoves } from "./move-buckets.ts";
import type { MoveReport } from "./move-context.ts";
import type { StepName } from "./move-record.ts";
import { expectMoved } from "./testing/expect-moved.ts";
import { silentReport } from "./testing/silent-report.ts";
import { STATED_PAUSE_MS } from "./testing/stated-pause.ts";
import { createShards, type SpecShards } from "./testing/two-shards.ts";
import { createWriter, type Writer } from "./testing/writer.ts";

const customers = Array.from({ length: 32 }, (_, index) => `customer-${index}`);
const moving = Array.from({ length: 2048 }, (_, bucket) => bucket);
const request = { buckets: moving, to: "shard-2" };
const movingCustomer = customers.find((customer) => bucketOfKey(customer) < 2048) ?? "";
const stayed = () => "shard-1";
const moved = (bucket: number) => (bucket < 2048 ? "shard-2" : "shard-1");

let shards: SpecShards;
let writer: Writer;

beforeEach(async () => {
  shards = await createShards(["shard-1", "shard-2", "shard-3"]);
  writer = createWriter(shards.all, customers);
  await writer.preload(240);
});
afterEach(async () => {
  await writer.stop();
  await shards.close();
});

const options = (report: Partial<MoveReport> = {}): MoverOptions => ({
  shards: shards.all,
  signal: new AbortController().signal,
  report: { ...silentReport, ...report },
});

/** A report that does something once, when the move first comes to a step. */
function at(step: StepName, work: () => Promise<unknown>): MoveReport {
  let done = false;
  return {
    ...silentReport,
    async step(_, reached) {
      if (reached !== step || done) return;
      done = true;
      await work();
    },
  };
}

const query = (shard: string, text: string, values: unknown[] = []) =>
  shards.shard(shard).database.pool.query<Record<string, unknown>>(text, values);

/** Stops a move at a step, as if its mover had been told to. */
async function interrupt(step: StepName, wanted = request): Promise<void> {
  const stop = new AbortController();
  const stopped = moveBuckets(
    {
      ...options(),
      signal: stop.signal,
      report: { ...silentReport, step: (_, reached) => (reached === step ? stop.abort(new Error("stop")) : undefined) },
    },
    wanted,
  );
  await expect(stopped).rejects.toThrow();
}

/** A transaction that has locked an order and does not end until it is told to. */
async function openWriter(): Promise<() => Promise<void>> {
  const client = await shards.shard("shard-1").database.pool.connect();
  await client.query("BEGIN");
  await client.query("SELECT FROM orders ORDER BY id LIMIT 1 FOR UPDATE");
  return async () => {
    await client.query("COMMIT");
    client.release();
  };
}

test("a shard without orders gives its buckets away like any other", async () => {
  await query("shard-1", "TRUNCATE orders, order_line, order_change, idempotency_key, outbox");
  const [summary] = await moveBuckets(options(), request);
  expect(summary).toMatchObject({ orders: 0, rows: 0, fences: 1 });
  expect(summary?.longestPauseMs).toBeLessThan(STATED_PAUSE_MS);
});

test("what is at the target already is left alone, buckets of several shards are moved one shard after the other", async () => {
  writer.start(2);
  await moveBuckets(options(), { buckets: moving, to: "shard-2" });
  const all = Array.from({ length: 4096 }, (_, bucket) => bucket);
  const summaries = await moveBuckets(options(), { buckets: all, to: "shard-3" });
  expect(summaries.map(({ source, buckets }) => [source, buckets.length])).toEqual([
    ["shard-2", 2048],
    ["shard-1", 2048],
  ]);
  expect(await moveBuckets(options(), { buckets: all, to: "shard-3" })).toEqual([]);
  await writer.stop();
  await expectMoved(shards.all, writer, () => "shard-3");
});

test("a column that a later migration adds is moved", async () => {
  for (const shard of ["shard-1", "shard-2"]) {
    await query(shard, "ALTER TABLE orders ADD COLUMN colour text");
    await query(shard, "ALTER TABLE order_line ADD COLUMN weight numeric(20, 10)");
  }
  await query("shard-1", "UPDATE orders SET colour = 'blue'; UPDATE order_line SET weight = 0.1234567891");
  writer.start(0);
  await moveBuckets(options(), request);
  const { rows } = await query(
    "shard-2",
    "SELECT DISTINCT colour, weight::text, total_minor::text FROM orders JOIN order_line ON order_id = id",
  );
  expect(rows).toEqual([{ colour: "blue", weight: "0.1234567891", total_minor: "9007199254740993" }]);
});

describe("refused, with nothing changed:", () => {
  afterEach(async () => {
    writer.start(0);
    await writer.stop();
    await expectMoved(shards.all, writer, stayed);
  });

  test("shards with different columns", async () => {
    await query("shard-1", "ALTER TABLE orders ADD COLUMN colour text");
    await expect(moveBuckets(options(), request)).rejects.toMatchObject({
      code: "SCHEMA_DIFFERS",
      message: expect.stringContaining("shard-2 lacks orders.colour"),
    });
  });

  test("a target that is not configured", async () => {
    await expect(moveBuckets(options(), { ...request, to: "shard-9" })).rejects.toMatchObject({
      code: "SHARD_UNKNOWN",
      message: "shard-9 is not in ORDERMESH_SHARDS, which has shard-1, shard-2, shard-3",
    });
  });

  test("buckets that are elsewhere than --from says", async () => {
    await expect(moveBuckets(options(), { ...request, from: "shard-3" })).rejects.toMatchObject({
      code: "OPTION_INVALID",
      message: "--from: given shard-3, but 0-2047 are shard-1's",
    });
  });

  test("a database that is another shard's", async () => {
    const [first, second] = shards.all;
    const mixedUp = [
      { name: "shard-1", url: second?.url ?? "" },
      { name: "shard-2", url: first?.url ?? "" },
    ];
    await expect(moveBuckets({ ...options(), shards: mixedUp }, request)).rejects.toMatchObject({
      code: "SHARD_MIXED_UP",
    });
  });

  test("a target that cannot be reached", async () => {
    const away = [...shards.all.slice(0, 1), { name: "shard-2", url: "postgres://127.0.0.1:1/away" }];
    await expect(moveBuckets({ ...options(), shards: away }, request)).rejects.toMatchObject({
      code: "SHARD_UNREACHABLE",
    });
  });

  test("resuming without a move", async () => {
    await expect(resumeMoves(options())).rejects.toMatchObject({ code: "MOVE_NOT_FOUND" });
  });
});

describe("while a move is unfinished", () => {
  test("a second mover is refused", async () => {
    writer.start(0);
    let refusal: unknown;
    const second = async () => {
      refusal = await moveBuckets(options(), request).catch((error: unknown) => error);
    };
    await moveBuckets(options(at("verify", second)), request);
    expect(refusal).toMatchObject({ code: "MOVE_BUSY" });
  });

  test("another move is refused, and resuming ends it", async () => {
    await interrupt("verify");
    await expect(moveBuckets(options(), { buckets: [3000], to: "shard-3" })).rejects.toMatchObject({
      code: "MOVE_UNFINISHED",
      message: expect.stringContaining("--buckets 0-2047 from shard-1 to shard-2) is unfinished, in step verify"),
    });
    writer.start(2);
    await resumeMoves(options());
    await writer.stop();
    await expectMoved(shards.all, writer, moved);
  });

  test.each(["plan", "copy", "fence"] as const)("taking it back after %s leaves nothing of it", async (step) => {
    writer.start(2);
    await interrupt(step);
    await abortMoves(options());
    await writer.stop();
    await expectMoved(shards.all, writer, stayed);
  });

  test("it cannot be taken back after the switch", async () => {
    writer.start(0);
    await interrupt("clean");
    await expect(abortMoves(options())).rejects.toMatchObject({ code: "MOVE_PAST_SWITCH" });
    await resumeMoves(options());
    await writer.stop();
    await expectMoved(shards.all, writer, moved);
  });
});

describe("behind the fence", () => {
  test("a fence that expired and was taken down by a writer leads to another attempt", async () => {
    writer.start(4);
    const loseFence = async () => {
      const placed = writer.placedBy.get(movingCustomer);
      await expect.poll(() => writer.placedBy.get(movingCustomer), { timeout: 5_000 }).not.toBe(placed);
    };
    const notes: string[] = [];
    const [summary] = await moveBuckets(
      options({ ...at("switch", loseFence), note: (text) => notes.push(text) }),
      request,
    );
    await writer.stop();
    expect(notes[0]).toContain("its lease ended and writes went on");
    expect(summary?.fences).toBeGreaterThan(1);
    await expectMoved(shards.all, writer, moved);
  });

  test("a writer that does not end makes the fence give up before its lease, and the move goes on when it has", async () => {
    writer.start(4);
    let end: (() => Promise<void>) | undefined;
    const hang = async () => {
      end = await openWriter();
    };
    const notes: string[] = [];
    const note = (text: string) => {
      notes.push(text);
      void end?.();
      end = undefined;
    };
    const [summary] = await moveBuckets(options({ ...at("drain", hang), note }), request);
    await writer.stop();
    expect(notes[0]).toMatch(/a transaction that writes orders of shard-1 does not end: writer \(pid \d+, open for/);
    expect(summary?.longestPauseMs).toBeGreaterThanOrEqual(GIVE_UP_MS);
    expect(summary?.longestPauseMs).toBeLessThan(STATED_PAUSE_MS);
    await expectMoved(shards.all, writer, moved);
  });

  test("what a writer commits that was there before the fence is at the target", async () => {
    writer.start(0);
    const client = await shards.shard("shard-1").database.pool.connect();
    let committed: Promise<unknown> | undefined;
    // Its look at the buckets lies before the fence; locks tell nobody when it took place.
    const finishLate = async () => {
      await client.query("BEGIN; SELECT FROM orders FOR UPDATE");
      const update = () => client.query("UPDATE orders SET carrier = 'late'; COMMIT").finally(() => client.release());
      committed = delay(300).then(update);
    };
    const [summary] = await moveBuckets(options(at("drain", finishLate)), request);
    await committed;
    expect(summary?.fences).toBe(1);
    const { rows } = await query("shard-2", "SELECT DISTINCT carrier FROM orders");
    expect(rows).toEqual([{ carrier: "late" }]);
  });

  test("nothing is switched while an event of the source waits to be published", async () => {
    await query("shard-1", "DELETE FROM outbox");
    const waiting = () => query("shard-1", "SELECT FROM outbox").then(({ rowCount }) => rowCount);
    let published: Promise<unknown> | undefined;
    let waitingAtSwitch: number | null = null;
    const step: MoveReport["step"] = async (_, reached) => {
      if (reached === "drain") {
        await query("shard-1", "INSERT INTO outbox (records, record_count) VALUES ('event', 1)");
        published = delay(300).then(() => query("shard-1", "DELETE FROM outbox"));
      }
      if (reached === "switch") waitingAtSwitch = await waiting();
    };
    await moveBuckets(options({ step }), request);
    await published;
    expect(waitingAtSwitch).toBe(0);
  });

  test("a writer that hangs before costs no pause at all", async () => {
    writer.start(4);
    const notes: string[] = [];
    let end: (() => Promise<void>) | undefined;
    const hang = async () => {
      end = await openWriter();
    };
    const note = (text: string) => {
      notes.push(text);
      void end?.();
    };
    const [summary] = await moveBuckets(options({ ...at("fence", hang), note }), request);
    expect(notes[0]).toContain("does not end");
    expect(summary?.fences).toBe(1);
  });

  test("a target that hangs costs no more than a fence that gave up", async () => {
    writer.start(4);
    const client = await shards.shard("shard-2").database.pool.connect();
    const hang = async () => {
      await client.query("BEGIN; LOCK TABLE orders, idempotency_key");
    };
    const notes: string[] = [];
    const note = (text: string) => {
      notes.push(text);
      if (notes.length === 1) void client.query("COMMIT").then(() => client.release());
    };
    const [summary] = await moveBuckets(options({ ...at("drain", hang), note }), request);
    await writer.stop();
    expect(notes).toHaveLength(1);
    expect(summary?.longestPauseMs).toBeLessThan(STATED_PAUSE_MS);
    await expectMoved(shards.all, writer, moved);
  });
});

test("events that nobody publishes keep the buckets where they are, and cost no pause", async () => {
  await query("shard-1", "UPDATE outbox SET create_time = now() - interval '1 minute'");
  const stop = new AbortController();
  const notes: string[] = [];
  const note = (text: string) => {
    notes.push(text);
    stop.abort(new Error("stop"));
  };
  await expect(moveBuckets({ ...options({ note }), signal: stop.signal }, request)).rejects.toThrow();
  expect(notes).toContainEqual(expect.stringContaining("events of shard-1 wait to be published"));
  const { rows } = await query("shard-1", "SELECT DISTINCT state FROM bucket");
  expect(rows).toEqual([{ state: "OWNED" }]);
});

describe("what is wrong is found before the switch:", () => {
  test.each([
    [
      "a lost line",
      "DELETE FROM order_line WHERE order_id = (SELECT min(id::text)::uuid FROM orders) AND line_number = 2",
    ],
    ["a changed order", "UPDATE orders SET carrier = 'nobody' WHERE id = (SELECT min(id::text)::uuid FROM orders)"],
    [
      "a lost key",
      "DELETE FROM idempotency_key WHERE (caller, key) IN (SELECT caller, key FROM idempotency_key LIMIT 1)",
    ],
    [
      "an order that nobody placed",
      `INSERT INTO orders SELECT (json_populate_record(orders, '{"id": "ffffffff-ffff-8001-8000-000000000000"}')).*
       FROM orders LIMIT 1`,
    ],
  ])("%s", async (_, damage) => {
    writer.start(2);
    const failed = moveBuckets(options(at("verify", () => query("shard-2", damage))), request);
    await expect(failed).rejects.toMatchObject({ code: "COPY_DIFFERS" });
    await abortMoves(options());
    await writer.stop();
    await expectMoved(shards.all, writer, stayed);
  });

  test("a change of the last moment that did not arrive", async () => {
    writer.start(0);
    const loseChange = () => query("shard-1", "UPDATE orders SET carrier = 'late'; DELETE FROM moving_order");
    const moving = moveBuckets(options(at("verify", loseChange)), request);
    await expect(moving).rejects.toMatchObject({ code: "COPY_DIFFERS" });
    const { rows } = await query("shard-1", "SELECT DISTINCT state FROM bucket");
    expect(rows).toEqual([{ state: "OWNED" }]);
  });

  test("a key of a method that the mover does not know", async () => {
    await query("shard-1", "INSERT INTO idempotency_key VALUES ('ada', 'k', 'a.Service/Call', '', '')");
    await expect(moveBuckets(options(), request)).rejects.toMatchObject({
      code: "KEY_METHOD_UNKNOWN",
      message: expect.stringContaining("a.Service/Call"),
    });
  });
});

test("capture waits for a moment without long writers, and holds no writer up meanwhile", async () => {
  writer.start(2);
  const end = await openWriter();
  const client = await shards.shard("shard-1").database.pool.connect();
  await client.query(
    "BEGIN; UPDATE orders SET carrier = carrier WHERE id = (SELECT id FROM orders ORDER BY id DESC LIMIT 1)",
  );
  const notes: string[] = [];
  let placed = 0;
  const note = (text: string) => {
    notes.push(text);
    if (notes.length === 2) placed = writer.accepted.size;
    if (notes.length === 4) void client.query("COMMIT").then(() => end());
  };
  await moveBuckets(options({ note }), request);
  client.release();
  await writer.stop();
  expect(notes[0]).toBe("waiting for a moment without long writers of table orders");
  expect(writer.accepted.size).toBeGreaterThan(placed);
  await expectMoved(shards.all, writer, moved);
});
