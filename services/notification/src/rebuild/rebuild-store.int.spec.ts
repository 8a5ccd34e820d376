import { ordersTopic } from "@ordermesh/proto/topics";
import type { EncodedEvent } from "@ordermesh/runtime/events";
import { expect, onTestFinished, test, vi } from "vitest";
import { consumerGroup } from "../consumers/on-order-events.ts";
import { openRebuildBench, orderEvents, type RebuildBench, repeated } from "./testing/rebuild-bench.ts";

const dayMs = 24 * 3_600_000;

async function open(): Promise<RebuildBench> {
  const bench = await openRebuildBench();
  onTestFinished(() => bench.close());
  return bench;
}

/** A bench whose consumer has applied so many orders, and has stopped. */
async function openApplied(orders: number): Promise<{ bench: RebuildBench; events: EncodedEvent[] }> {
  const bench = await open();
  const events = Array.from({ length: orders }, () => orderEvents()).flat();
  await bench.log.append(events);
  const consumer = await bench.startConsumer();
  await bench.drained();
  await consumer.stop();
  return { bench, events };
}

/** Names of all that the table is made of. */
const shape = (bench: RebuildBench) =>
  bench.sql(
    `SELECT conname::text AS name, pg_get_constraintdef(oid) AS definition FROM pg_constraint
     WHERE conrelid = 'notification'::regclass
     UNION ALL SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'notification' ORDER BY name`,
  );

const leftovers = async (bench: RebuildBench) =>
  (await bench.sql("SELECT relname FROM pg_class WHERE relname LIKE '%rebuild%'")).map(({ relname }) => relname);

test("a rebuilt store is the live one, delivery times and all, and nothing is sent again", async () => {
  const { bench } = await openApplied(50);
  const before = await bench.rows();
  const names = await shape(bench);
  const oid = () => bench.sql("SELECT 'notification'::regclass::oid::text AS oid");
  const old = await oid();

  const result = await bench.rebuild();

  expect(await oid()).not.toEqual(old);
  expect(before).toHaveLength(150);
  expect(await bench.rows()).toEqual(before);
  expect(before.every((row) => row["deliver_time"] instanceof Date)).toBe(true);
  expect(result).toMatchObject({ read: { records: 150, poison: 0, tooOld: 0 }, messages: 150, lost: 0 });
  expect(bench.sent).toHaveLength(150);
  expect(await shape(bench)).toEqual(names);
  expect(await leftovers(bench)).toEqual([]);
});

test("a lost message comes back, and a wrong one is put right", async () => {
  const { bench } = await openApplied(3);
  const [lost, wrong, ...others] = await bench.rows();
  await bench.sql("DELETE FROM notification WHERE id = $1", [lost?.["id"]]);
  await bench.sql("UPDATE notification SET customer_id = 'eve', create_time = now() WHERE id = $1", [wrong?.["id"]]);

  const found = await bench.rebuild({ mode: "compare" });
  expect(found.differences).toEqual({
    messages: 9,
    counts: { "only live": 0, "only rebuilt": 1, differs: 1 },
    first: [
      { orderId: wrong?.["order_id"], kind: wrong?.["kind"], sort: "differs", columns: ["customer_id", "create_time"] },
      { orderId: lost?.["order_id"], kind: lost?.["kind"], sort: "only rebuilt", columns: [] },
    ],
  });
  expect(await bench.rows()).toHaveLength(8);

  await bench.rebuild();
  // When it was delivered went with it.
  expect(await bench.rows()).toEqual([{ ...lost, deliver_time: null }, wrong, ...others]);
});

test("while events are applied a rebuild loses none, and the store is what the log tells", {
  timeout: 90_000,
}, async () => {
  const bench = await open();
  const consumer = await bench.startConsumer();
  onTestFinished(() => consumer.stop());
  const writing = new AbortController();
  let orders = 0;
  const writer = (async () => {
    while (!writing.signal.aborted) {
      await bench.log.append(Array.from({ length: 10 }, () => orderEvents()).flat());
      orders += 10;
      // No faster than the consumer can follow, and never so slow that it has nothing to do.
      await vi.waitFor(async () => expect(await bench.log.lag(consumerGroup, [ordersTopic])).toBeLessThan(100n), {
        timeout: 20_000,
        interval: 5,
      });
    }
  })();
  onTestFinished(async () => {
    writing.abort();
    await writer;
  });
  await vi.waitFor(() => expect(orders).toBeGreaterThan(50), { timeout: 20_000 });

  for (let turn = 0; turn < 3; turn += 1) {
    const { takeover, lost } = await bench.rebuild();
    expect(lost).toBe(0);
    expect(takeover?.pauseMs).toBeLessThan(5_000);
    const { differences } = await bench.rebuild({ mode: "compare" });
    expect(differences).toMatchObject({ counts: { "only live": 0, "only rebuilt": 0, differs: 0 }, first: [] });
    expect(differences?.messages).toBeGreaterThan(0);
  }

  writing.abort();
  await writer;
  await bench.drained();
  const rows = await bench.rows();
  expect(rows).toHaveLength(orders * 3);
  // Each was sent once, and recorded as it was sent.
  expect(bench.sent.map(({ id }) => id).sort()).toEqual(rows.map(({ id }) => id).sort());
  expect(rows.every((row) => row["deliver_time"] instanceof Date)).toBe(true);
});

test("events that the service has yet to apply are left to it", async () => {
  const { bench } = await openApplied(10);
  const before = await bench.rows();
  const late = Array.from({ length: 5 }, () => orderEvents()).flat();
  await bench.log.append(late);

  expect(await bench.rebuild()).toMatchObject({ messages: 30, takeover: { waiting: 15 } });
  expect(await bench.rows()).toEqual(before);

  const consumer = await bench.startConsumer();
  onTestFinished(() => consumer.stop());
  await bench.drained();
  expect(await bench.rows()).toHaveLength(45);
  expect(bench.sent).toHaveLength(45);
  const { differences } = await bench.rebuild({ mode: "compare" });
  expect(differences).toMatchObject({ messages: 45, first: [] });
});

test("a batch that waits for the swap goes into the fresh table", async () => {
  const { bench } = await openApplied(5);
  const consumer = await bench.startConsumer();
  onTestFinished(() => consumer.stop());
  // The writer has prepared its statement on the table that is replaced.
  await bench.log.append(orderEvents());
  await bench.drained();
  let asked = 0;
  const log = {
    lag: bench.log.lag,
    async *read(...parameters: Parameters<RebuildBench["log"]["read"]>) {
      const locked = await bench.sql(
        "SELECT 1 FROM pg_locks WHERE relation = 'notification'::regclass AND mode = 'ShareRowExclusiveLock' AND granted",
      );
      if (locked.length > 0 && asked === 0) {
        asked += 1;
        await bench.log.append(orderEvents());
        await vi.waitFor(async () => {
          const waiting =
            "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%INTO notification%'";
          expect(await bench.sql(`${waiting} AND datname = current_database()`)).toHaveLength(1);
        });
      }
      yield* bench.log.read(...parameters);
    },
  };

  await bench.rebuild({ log });

  expect(asked).toBe(1);
  await bench.drained();
  expect(await bench.rows()).toHaveLength(21);
  const { differences } = await bench.rebuild({ mode: "compare" });
  expect(differences).toMatchObject({ messages: 21, first: [] });
});

test("what the service cannot apply is left out, and of two events of a kind the same one counts", async () => {
  const { bench } = await openApplied(1);
  const [first] = orderEvents();
  const [other] = orderEvents();
  if (first === undefined || other === undefined) throw new Error("an order has events");
  const { ce_time: _time, ...untimed } = other.headers;
  await bench.log.append([
    first,
    repeated(first, "eve@example.com"),
    { ...other, headers: untimed },
    { ...other, value: new Uint8Array([0xff]) },
    repeated(other, "nobody\0@example.com"),
  ]);
  const consumer = await bench.startConsumer();
  await bench.drained();
  await consumer.stop();
  const before = await bench.rows();
  expect(before.map(({ id }) => id)).toContain(first.id);
  expect(before).toHaveLength(4);

  expect((await bench.rebuild()).read).toMatchObject({ records: 8, poison: 3 });
  expect(await bench.rows()).toEqual(before);
});

test("a log that hangs while the service waits keeps it waiting for seconds, not for ever", async () => {
  const { bench } = await openApplied(2);
  const before = await bench.rows();
  const hanging = Promise.withResolvers<void>();
  onTestFinished(() => hanging.resolve());
  let readings = 0;
  const log = {
    lag: bench.log.lag,
    async *read(...parameters: Parameters<RebuildBench["log"]["read"]>) {
      // The first reading is one, as no partition is known yet; those behind it are in the swap.
      readings += 1;
      if (readings > 1) await hanging.promise;
      yield* bench.log.read(...parameters);
    },
  };
  const consumer = await bench.startConsumer();
  onTestFinished(() => consumer.stop());
  const rebuilding = bench.rebuild({ log, catchUpMs: 2_000 });
  rebuilding.catch(() => undefined);
  await vi.waitFor(() => expect(readings).toBeGreaterThan(1));
  await bench.log.append(orderEvents());
  await expect(rebuilding).rejects.toMatchObject({ code: "LOG_AWAY" });
  await bench.drained();
  expect((await bench.rows()).slice(0, 6)).toEqual(before);
  expect(await bench.rows()).toHaveLength(9);
});

test("messages are kept no longer than their events, live or rebuilt", async () => {
  const bench = await open();
  const old = orderEvents(Date.now() - 31 * dayMs);
  await bench.log.append([...old, ...orderEvents()]);
  const consumer = await bench.startConsumer();
  await bench.drained();
  await consumer.stop();
  expect(await bench.rows()).toHaveLength(6);
  expect(await bench.rebuild()).toMatchObject({ read: { tooOld: 3 }, messages: 3, lost: 0 });
});

test("messages that the log does not hold are given up only by force", async () => {
  const { bench } = await openApplied(4);
  const before = await bench.rows();
  const log = {
    lag: bench.log.lag,
    // As when retention has removed the first events.
    async *read(...[topic, options]: Parameters<RebuildBench["log"]["read"]>) {
      for await (const record of bench.log.read(topic, options)) {
        if (record.key !== before[0]?.["order_id"]) yield record;
      }
    },
  };
  await expect(bench.rebuild({ log })).rejects.toMatchObject({
    code: "REBUILD_WOULD_LOSE",
    message: expect.stringContaining("no event for 3 live messages"),
  });
  expect(await bench.rows()).toEqual(before);
  expect(await leftovers(bench)).toEqual([]);

  expect(await bench.rebuild({ log, force: true })).toMatchObject({ lost: 3, messages: 9 });
  expect(await bench.rows()).toEqual(before.slice(3));
});

test("a database that is new, or an older state, gets back all that was consumed, and nothing is sent again", async () => {
  const { bench } = await openApplied(6);
  const before = await bench.rows();
  await bench.sql("TRUNCATE notification, inbox");

  expect(await bench.rebuild({ restored: true })).toMatchObject({ messages: 18, takeover: { waiting: 0 } });
  expect(await bench.rows()).toEqual(before.map((row) => ({ ...row, deliver_time: null })));

  const consumer = await bench.startConsumer();
  onTestFinished(() => consumer.stop());
  await bench.log.append(orderEvents());
  await bench.drained();
  expect(await bench.rows()).toHaveLength(21);
  expect(bench.sent).toHaveLength(21);
});
