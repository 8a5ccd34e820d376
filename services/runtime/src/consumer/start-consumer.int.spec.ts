import { Int32ValueSchema, StringValueSchema } from "@bufbuild/protobuf/wkt";
import { expect, test, vi } from "vitest";
import { createEventEncoder } from "../events/index.ts";
import { defineHandler } from "./index.ts";
import { GROUP, noteEvent, noteEvents, openConsumerBench, TOPIC } from "./spec-setup.ts";

test("each event is applied once, and what is emitted lands in the outbox", async () => {
  const bench = await openConsumerBench();
  await bench.log.append([noteEvent("a", "key"), noteEvent("b", "key")]);
  await bench.start({ handlers: [noteEvents()] });
  await bench.drained();
  expect(await bench.notes()).toEqual(["a", "b"]);
  const emitted = await bench.outboxRecords();
  expect(emitted.map(({ topic, key }) => ({ topic, key }))).toEqual([
    { topic: "seen", key: "a seen" },
    { topic: "seen", key: "b seen" },
  ]);
});

test("a repeated event is a no-op, within a batch, across batches and for a new member", async () => {
  const bench = await openConsumerBench();
  const event = noteEvent("a");
  await bench.log.append([event, event, noteEvent("b", "a")]);
  await bench.start({ handlers: [noteEvents()] });
  await bench.drained();
  await bench.log.append([event]);
  await bench.drained();
  expect(await bench.notes()).toEqual(["a", "b"]);
  expect(await bench.outboxRecords()).toHaveLength(2);
});

test("a batch is one transaction: when a handler fails nothing of it stays, and it is tried again", async () => {
  const bench = await openConsumerBench();
  await bench.log.append([noteEvent("a", "key"), noteEvent("b", "key")]);
  let failures = 2;
  const observed: string[][] = [];
  await bench.start({
    handlers: [
      noteEvents(),
      defineHandler({
        messages: [StringValueSchema],
        async apply() {
          observed.push(await bench.notes());
          if (failures > 0) {
            failures -= 1;
            throw new Error("not now");
          }
        },
      }),
    ],
  });
  await bench.drained();
  expect(observed).toEqual([[], [], []]);
  expect(await bench.notes()).toEqual(["a", "b"]);
  expect(await bench.outboxRecords()).toHaveLength(2);
});

test("events of types that no handler wants are dropped without an inbox row", async () => {
  const bench = await openConsumerBench();
  const encoder = createEventEncoder("/spec");
  const metadata = { topic: TOPIC, key: "key", time: new Date(0) };
  await bench.log.append([encoder.encode(Int32ValueSchema, { value: 7 }, metadata), noteEvent("a", "key")]);
  await bench.start({ handlers: [noteEvents()] });
  await bench.drained();
  expect(await bench.notes()).toEqual(["a"]);
  const { rowCount } = await bench.database.pool.query("SELECT FROM inbox WHERE consumer_group = $1", [GROUP]);
  expect(rowCount).toBe(1);
});

test("handlers run in their listed order, each over its own events in the order of the log", async () => {
  const bench = await openConsumerBench();
  const encoder = createEventEncoder("/spec");
  const metadata = { topic: TOPIC, key: "key", time: new Date(0) };
  const calls: string[] = [];
  await bench.log.append([
    noteEvent("a", "key"),
    encoder.encode(Int32ValueSchema, { value: 1 }, metadata),
    noteEvent("b", "key"),
    encoder.encode(Int32ValueSchema, { value: 2 }, metadata),
  ]);
  await bench.start({
    handlers: [
      defineHandler({
        messages: [Int32ValueSchema],
        apply: async (events) => void calls.push(events.map((event) => event.message.value).join()),
      }),
      defineHandler({
        messages: [StringValueSchema, Int32ValueSchema],
        apply: async (events) => void calls.push(events.map((event) => event.message.value).join()),
      }),
    ],
  });
  await bench.drained();
  expect(calls).toEqual(["1,2", "a,1,b,2"]);
});

test("hooks run after the commit only, and one that fails harms nothing", async () => {
  const bench = await openConsumerBench();
  const hooked: string[][] = [];
  let failures = 1;
  await bench.log.append([noteEvent("a")]);
  await bench.start({
    handlers: [
      noteEvents(),
      defineHandler({
        messages: [StringValueSchema],
        async apply(_events, _tx, context) {
          context.afterCommit(() => Promise.reject(new Error("a hook that fails")));
          context.afterCommit(async () => void hooked.push(await bench.notes()));
          if (failures > 0) {
            failures -= 1;
            throw new Error("not now");
          }
        },
      }),
    ],
  });
  await bench.drained();
  expect(hooked).toEqual([["a"]]);
});

test("a transient error is retried for as long as it lasts, with nothing skipped and no dead letter", async () => {
  const bench = await openConsumerBench();
  const terminated = Object.assign(new Error("terminating connection"), { code: "57P01" });
  let attempts = 0;
  await bench.log.append([noteEvent("a", "key"), noteEvent("b", "key")]);
  await bench.start({
    handlers: [
      noteEvents(() => {
        attempts += 1;
        if (attempts < 7) {
          throw terminated;
        }
      }),
    ],
  });
  await vi.waitFor(() => expect(attempts).toBeGreaterThanOrEqual(7), { timeout: 20_000 });
  await bench.drained();
  expect(await bench.notes()).toEqual(["a", "b"]);
  expect((await bench.outboxRecords()).map(({ topic }) => topic)).toEqual(["seen", "seen"]);
});

test("a cut database connection in the middle of a batch is healed by repeating it", async () => {
  const bench = await openConsumerBench();
  let cuts = 1;
  await bench.log.append([noteEvent("a")]);
  await bench.start({
    handlers: [
      defineHandler({
        messages: [StringValueSchema],
        async apply(_events, tx) {
          await tx.query("INSERT INTO note (body) VALUES ('once')");
          if (cuts > 0) {
            cuts -= 1;
            await tx.query("SELECT pg_terminate_backend(pg_backend_pid())");
          }
        },
      }),
    ],
  });
  await bench.drained();
  expect(await bench.notes()).toEqual(["once"]);
});
