import type { Kafka } from "kafkajs";
import { pino } from "pino";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { EventRecord } from "../port.ts";
import { partitionOfKey } from "../topics.ts";
import { createAppender } from "./appender.ts";
import { fakeProducers } from "./testing/fake-producer.ts";

/** Two keys of different partitions. */
const [A, B] = ["key-0", "key-1"] as const;

function setUp() {
  const fake = fakeProducers();
  const known = new Set(["t"]);
  const resolving: { topics: readonly string[]; done(): void; fail(error: Error): void }[] = [];
  const forgotten: string[] = [];
  const appender = createAppender({
    connection: { kafka: { producer: fake.createProducer } as unknown as Kafka, logger: pino({ level: "silent" }) },
    catalog: {
      known: (topic) => (known.has(topic) ? 4 : undefined),
      async resolve(topics) {
        const { promise, resolve, reject } = Promise.withResolvers<void>();
        resolving.push({ topics, done: resolve, fail: reject });
        await promise;
        for (const topic of topics) known.add(topic);
      },
      forget(topic) {
        known.delete(topic);
        forgotten.push(topic);
      },
    },
  });
  const record = (topic: string, key: string, text: string): EventRecord => ({
    topic,
    key,
    headers: {},
    value: new TextEncoder().encode(text),
  });
  const append = (...records: EventRecord[]): Promise<string> =>
    appender.append(records).then(
      () => "stored",
      (error: Error) => error.message,
    );
  return { ...fake, appender, append, record, resolving, forgotten };
}

test("the partition of a key is the same as in the other driver", async () => {
  const { append, record, sent } = setUp();
  expect(partitionOfKey(A)).not.toBe(partitionOfKey(B));
  const stored = append(record("t", A, "1"), record("t", B, "2"));
  const sends = [await sent(0), await sent(1)];
  for (const send of sends) send.acknowledge();
  expect(await stored).toBe("stored");
  const places = sends.map(({ partitions, values }) => [...values, ...partitions]);
  expect(new Set(places)).toEqual(
    new Set([
      ["1", partitionOfKey(A)],
      ["2", partitionOfKey(B)],
    ]),
  );
});

test("a call rejects as soon as one of its records is refused, and can be repeated while the others are under way", async () => {
  const { append, record, sent, sends } = setUp();
  const call = append(record("t", A, "1"), record("t", B, "2"));
  await sent(1);
  const refused = sends.find(({ values }) => values.includes("1"));
  const slow = sends.find(({ values }) => values.includes("2"));
  refused?.fail(new Error("broker away"));
  expect(await call).toMatch(/broker away/);
  const again = append(record("t", A, "1"), record("t", B, "2"));
  slow?.acknowledge();
  (await sent(2)).acknowledge();
  (await sent(3)).acknowledge();
  expect(await again).toBe("stored");
});

describe("topics", () => {
  test("calls keep their order while a topic is looked up", async () => {
    const { append, record, resolving, sent, sends } = setUp();
    const calls = [
      append(record("new", A, "1"), record("t", A, "2")),
      append(record("t", A, "3")),
      append(record("new", A, "4")),
    ];
    await new Promise(setImmediate);
    expect([resolving.map(({ topics }) => topics), sends]).toEqual([[["new"]], []]);
    resolving[0]?.done();
    (await sent(0)).acknowledge();
    (await sent(1)).acknowledge();
    expect(await Promise.all(calls)).toEqual(["stored", "stored", "stored"]);
    expect(sends.map(({ topic, values }) => [topic, values])).toEqual([
      ["new", ["1", "4"]],
      ["t", ["2", "3"]],
    ]);
  });

  test("a topic that cannot be had refuses its call and those that must stay behind it, no others", async () => {
    const { append, record, resolving, sent, sends } = setUp();
    const refused = [
      append(record("bad", A, "1"), record("u", A, "2")),
      append(record("u", A, "3"), record("v", A, "4")),
      append(record("v", B, "5")),
    ];
    const other = append(record("t", A, "6"));
    resolving[0]?.fail(new Error("not authorised"));
    expect(await Promise.all(refused)).toEqual(Array(3).fill("not authorised"));
    (await sent(0)).acknowledge();
    expect(await other).toBe("stored");
    expect(sends.map(({ values }) => values)).toEqual([["6"]]);
  });

  test("a topic that the cluster has lost is looked up again by the next append", async () => {
    const { append, record, resolving, sent, forgotten } = setUp();
    const lost = append(record("t", A, "1"));
    (await sent(0)).fail(Object.assign(new Error("no such topic"), { type: "UNKNOWN_TOPIC_OR_PARTITION" }));
    expect(await lost).toMatch(/no such topic/);
    expect(forgotten).toEqual(["t"]);
    const again = append(record("t", A, "1"));
    resolving[0]?.done();
    (await sent(1)).acknowledge();
    expect(await again).toBe("stored");
  });

  test("a name that no driver takes is refused before anything is looked up or appended", async () => {
    const { append, record, resolving, sends } = setUp();
    expect(await append(record("t", A, "1"), record("no spaces", A, "2"))).toMatch(/topic must be/);
    await new Promise(setImmediate);
    expect([resolving, sends]).toEqual([[], []]);
  });
});

describe("closing", () => {
  test("lets calls finish, takes no more and disconnects", async () => {
    const { appender, append, record, resolving, sent, made } = setUp();
    const call = append(record("new", A, "1"));
    const closed = appender.close();
    expect(await append(record("t", A, "2"))).toMatch(/is closed/);
    resolving[0]?.done();
    (await sent(0)).acknowledge();
    await closed;
    expect([await call, made]).toEqual(["stored", [{ disconnects: 1 }]]);
    await appender.close();
  });

  test("does not wait for a broker that never answers; what was not sent is refused, and never sent", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const { appender, append, record, sends, made } = setUp();
    const hanging = append(record("t", A, "1"));
    await vi.waitUntil(() => sends.length === 1);
    const queued = append(record("t", A, "2"));
    const unresolved = append(record("new", A, "3"));
    const closed = appender.close();
    await vi.advanceTimersByTimeAsync(5_000);
    await closed;
    expect(await queued).toMatch(/closed before the records were sent/);
    expect(await unresolved).toMatch(/closed before the records were sent/);
    sends[0]?.acknowledge();
    expect([await hanging, sends.length, made.length]).toEqual(["stored", 1, 1]);
  });
});
