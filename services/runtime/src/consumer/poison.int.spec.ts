import { expect, test, vi } from "vitest";
import { PoisonError } from "../errors/index.ts";
import { GROUP, noteEvent, noteEvents, openConsumerBench, TOPIC } from "./spec-setup.ts";

const isDeadLetter = ({ topic }: { topic: string }) => topic === `${TOPIC}.dlq`;

test("an event that a handler calls poison becomes a dead letter with its source, and its neighbours pass", async () => {
  const bench = await openConsumerBench();
  const bad = noteEvent("bad", "key");
  await bench.log.append([noteEvent("a", "key"), bad, noteEvent("b", "key")]);
  const [, place] = await bench.readAll(TOPIC);
  await bench.start({
    handlers: [
      noteEvents((bodies, ids) => {
        if (bodies.includes("bad")) {
          throw new PoisonError(ids[bodies.indexOf("bad")] ?? "", "the stock would be negative");
        }
      }),
    ],
  });
  await bench.drained();
  expect(await bench.notes()).toEqual(["a", "b"]);
  const letters = (await bench.outboxRecords()).filter(isDeadLetter);
  expect(letters).toHaveLength(1);
  expect(letters[0]).toMatchObject({
    key: "key",
    headers: {
      ...bad.headers,
      dlq_reason: "the stock would be negative",
      dlq_group: GROUP,
      dlq_topic: TOPIC,
      dlq_partition: String(place?.partition),
      dlq_offset: String(place?.offset),
      dlq_attempts: "1",
    },
  });
  expect(Buffer.from(letters[0]?.value ?? []).equals(Buffer.from(bad.value))).toBe(true);
});

test("records that are no events become dead letters, each once however often the batch is repeated", async () => {
  const bench = await openConsumerBench();
  const good = noteEvent("good", "key");
  const { ce_type: _type, ...untyped } = good.headers;
  await bench.log.append([
    { ...good, value: new Uint8Array([255, 255]) },
    { ...good, headers: { ...good.headers, ce_id: "not-a-uuid" } },
    { ...good, headers: { ...good.headers, ce_time: "yesterday" } },
    { ...good, headers: untyped },
    good,
  ]);
  for (let round = 0; round < 3; round += 1) {
    const consumer = await bench.start({ handlers: [noteEvents()] });
    await bench.drained();
    await consumer.stop();
    await bench.forgetOffsets();
  }
  expect(await bench.notes()).toEqual(["good"]);
  const reasons = (await bench.outboxRecords()).filter(isDeadLetter).map(({ headers }) => headers["dlq_reason"]);
  expect(reasons).toEqual([
    expect.stringContaining("does not decode"),
    expect.stringContaining("ce_id"),
    expect.stringContaining("ce_time"),
    expect.stringContaining("ce_type"),
  ]);
});

test("an error that persists is traced to its event, which becomes a dead letter with the attempts made", async () => {
  const bench = await openConsumerBench();
  await bench.log.append(["a", "bug", "b"].map((body) => noteEvent(body, "key")));
  await bench.start({
    handlers: [
      noteEvents((bodies) => {
        if (bodies.includes("bug")) {
          throw new TypeError("undefined is not an order");
        }
      }),
    ],
  });
  await bench.drained();
  expect(await bench.notes()).toEqual(["a", "b"]);
  const [letter, ...others] = (await bench.outboxRecords()).filter(isDeadLetter);
  expect(others).toEqual([]);
  expect(letter?.headers).toMatchObject({ dlq_reason: "undefined is not an order" });
  expect(Number(letter?.headers["dlq_attempts"])).toBeGreaterThan(2);
});

test("poison in one partition does not hold up the others", async () => {
  const bench = await openConsumerBench();
  const keys = ["k0", "k1", "k2", "k3", "k4", "k5"];
  await bench.log.append(keys.map((key) => noteEvent(key === "k0" ? "bug" : key, key)));
  await bench.start({
    handlers: [
      noteEvents((bodies) => {
        if (bodies.includes("bug")) {
          throw new Error("a bug");
        }
      }),
    ],
  });
  const elsewhere = (await bench.readAll(TOPIC)).filter(
    ({ partition }, _index, all) => partition !== all.find(({ key }) => key === "k0")?.partition,
  );
  expect(elsewhere.length).toBeGreaterThan(0);
  await vi.waitFor(async () =>
    expect(await bench.notes()).toEqual(expect.arrayContaining(elsewhere.map(({ key }) => key))),
  );
  await bench.drained();
  expect((await bench.notes()).sort()).toEqual(keys.slice(1));
});
