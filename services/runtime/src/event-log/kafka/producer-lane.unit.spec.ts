import { KafkaJSNumberOfRetriesExceeded, KafkaJSProtocolError } from "kafkajs";
import { pino } from "pino";
import { describe, expect, test } from "vitest";
import { createPendingCall } from "./pending-call.ts";
import { createProducerLane } from "./producer-lane.ts";
import { fakeProducers, stored } from "./testing/fake-producer.ts";

const protocolError = (type: string, retriable = false) =>
  new KafkaJSProtocolError(Object.assign(new Error(type), { type, code: 1, retriable }));
const away = new Error("broker away");

function setUp() {
  const fake = fakeProducers();
  const missing: string[] = [];
  const lane = createProducerLane({
    createProducer: fake.createProducer,
    topicMissing: (topic) => missing.push(topic),
    logger: pino({ level: "silent" }),
  });
  /** Adds a record; resolves to "stored", or to why it was refused. */
  const add = (partition: number, value: string, { topic = "t", bytes = 1 } = {}): Promise<string> => {
    const call = createPendingCall(1);
    lane.add({ topic, partition, message: { key: `k${partition}`, value, partition }, bytes, call });
    return call.settled.then(
      () => "stored",
      (error: Error) => error.message,
    );
  };
  return { ...fake, lane, missing, add };
}

describe("sends", () => {
  test("are one at a time and of one partition each; what is added meanwhile goes together, in its order", async () => {
    const { add, sent, sends } = setUp();
    const all = [add(0, "a"), add(1, "b"), add(0, "c")];
    const first = await sent(0);
    all.push(add(0, "d"), add(1, "e"), add(0, "f", { topic: "other" }));
    await new Promise(setImmediate);
    expect(sends).toHaveLength(1);
    first.acknowledge();
    (await sent(1)).acknowledge();
    (await sent(2)).acknowledge();
    (await sent(3)).acknowledge();
    expect(await Promise.all(all)).toEqual(all.map(() => "stored"));
    expect(sends.map(({ topic, partitions, values }) => [topic, partitions, values])).toEqual([
      ["t", [0], ["a", "c"]],
      ["t", [1], ["b", "e"]],
      ["t", [0], ["d"]],
      ["other", [0], ["f"]],
    ]);
  });

  test("carry at most 250 records, and partitions take turns", async () => {
    const { add, sent, sends } = setUp();
    const all = Array.from({ length: 550 }, (_, n) => add(0, String(n)));
    all.push(add(1, "other"));
    for (let n = 0; n < 4; n++) (await sent(n)).acknowledge();
    expect(new Set(await Promise.all(all))).toEqual(new Set(["stored"]));
    expect(sends.map(({ partitions, values }) => [partitions[0], values.length])).toEqual([
      [0, 250],
      [1, 1],
      [0, 250],
      [0, 50],
    ]);
    const order = sends.filter(({ partitions }) => partitions[0] === 0).flatMap(({ values }) => values.map(Number));
    expect(order).toEqual(Array.from({ length: 550 }, (_, n) => n));
  });

  test("carry at most 900 kB, but always one record", async () => {
    const { add, sent, sends } = setUp();
    const all = [400_000, 500_000, 1, 1_800_000, 5].map((bytes, n) => add(0, String(n), { bytes }));
    for (let n = 0; n < 4; n++) (await sent(n)).acknowledge();
    await Promise.all(all);
    expect(sends.map(({ values }) => values)).toEqual([["0", "1"], ["2"], ["3"], ["4"]]);
  });
});

describe("a send that fails", () => {
  test("takes what waits for its partition with it, and no other partition", async () => {
    const { add, sent, sends } = setUp();
    const failing = add(0, "a");
    const first = await sent(0);
    const behind = [add(0, "b"), add(0, "c")];
    const beside = add(1, "d");
    first.fail(away);
    expect(await Promise.all([failing, ...behind])).toEqual(
      Array(3).fill("topic t, partition 0: records not appended: broker away"),
    );
    (await sent(1)).acknowledge();
    expect(await beside).toBe("stored");
    const afterwards = add(0, "a");
    (await sent(2)).acknowledge();
    expect(await afterwards).toBe("stored");
    expect(sends.map(({ values }) => values)).toEqual([["a"], ["d"], ["a"]]);
  });

  test("is the last of its producer", async () => {
    const { add, sent, made } = setUp();
    const one = add(0, "a");
    (await sent(0)).acknowledge();
    await one;
    const two = add(0, "b");
    (await sent(1)).fail(away);
    await two;
    expect(made).toEqual([{ disconnects: 1 }]);
    const three = add(1, "c");
    const next = await sent(2);
    expect([(await sent(0)).producer, (await sent(1)).producer, next.producer]).toEqual([0, 0, 1]);
    next.acknowledge();
    expect(await three).toBe("stored");
    expect(made).toEqual([{ disconnects: 1 }, { disconnects: 0 }]);
  });

  test.each([
    ["nothing", []],
    ["another partition", [stored("t", 1)]],
    ["another topic", [stored("u", 0)]],
    ["an error code", [{ ...stored("t", 0), errorCode: 3 }]],
    ["more than was sent", [stored("t", 0), stored("t", 1)]],
  ])("is also one whose result holds %s", async (_, result) => {
    const { add, sent, made } = setUp();
    const refused = add(0, "a");
    (await sent(0)).acknowledge(result);
    expect(await refused).toMatch(/records not appended: the answer does not acknowledge the records/);
    const again = add(0, "a");
    const next = await sent(1);
    expect([next.producer, made[0]?.disconnects]).toEqual([1, 1]);
    next.acknowledge();
    expect(await again).toBe("stored");
  });

  test("because the topic is gone says so, whatever kafkajs wrapped around the reason", async () => {
    const { add, sent, missing } = setUp();
    const gone = add(0, "a");
    const reason = protocolError("UNKNOWN_TOPIC_OR_PARTITION", true);
    (await sent(0)).fail(new KafkaJSNumberOfRetriesExceeded(reason, { retryCount: 8, retryTime: 1 }));
    await gone;
    const other = add(0, "b");
    (await sent(1)).fail(protocolError("NOT_ENOUGH_REPLICAS"));
    await other;
    expect(missing).toEqual(["t"]);
  });

  test("for want of a connection takes all that waits, and the next one connects anew", async () => {
    const { add, sent, state, made } = setUp();
    state.failConnect = away;
    const all = [add(0, "a"), add(1, "b"), add(0, "c", { topic: "u" })];
    for (const outcome of await Promise.all(all)) expect(outcome).toMatch(/not appended: broker away/);
    expect(made).toEqual([{ disconnects: 1 }]);
    state.failConnect = undefined;
    const again = add(1, "b");
    (await sent(0)).acknowledge();
    expect(await again).toBe("stored");
    expect(made).toHaveLength(2);
  });
});

describe("a batch that the broker finds too large", () => {
  const tooLarge = protocolError("MESSAGE_TOO_LARGE");

  /** Answers as a broker that takes everything but batches with these values, until so many records are settled. */
  async function answer({ sent, sends }: ReturnType<typeof setUp>, large: string[], until: Promise<unknown>) {
    let done = false;
    void until.finally(() => {
      done = true;
    });
    for (let n = 0; !done; ) {
      if (sends.length === n) await new Promise(setImmediate);
      else {
        const send = await sent(n++);
        if (send.values.some((value) => large.includes(value))) send.fail(tooLarge);
        else send.acknowledge();
      }
    }
  }

  test("is halved until the record at fault stands alone; its neighbours pass in their order", async () => {
    const lane = setUp();
    const values = Array.from({ length: 13 }, (_, n) => String(n));
    const all = Promise.all(values.map((value) => lane.add(0, value, { bytes: 42 })));
    await answer(lane, ["5", "12"], all);
    const outcomes = await all;
    for (const n of [5, 12]) {
      expect(outcomes[n]).toMatch(/^RECORD_TOO_LARGE: record of topic t with key "k0" .*got 42 bytes$/);
    }
    expect(outcomes.filter((outcome) => outcome === "stored")).toHaveLength(11);
    const passed = lane.sends.flatMap(({ values: sent }) => (sent.some((v) => ["5", "12"].includes(v)) ? [] : sent));
    expect(passed.map(Number)).toEqual([0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11]);
    // Each refusal costs its producer, as any other.
    const refusals = lane.sends.filter(({ values: sent }) => sent.some((v) => ["5", "12"].includes(v)));
    expect(lane.made.filter(({ disconnects }) => disconnects === 1)).toHaveLength(refusals.length);
  });

  test("is given up when another error comes between, with all that has not passed yet", async () => {
    const { add, sent, sends } = setUp();
    const all = ["0", "1", "2", "3"].map((value) => add(0, value));
    const first = await sent(0);
    all.push(add(0, "4"));
    first.fail(tooLarge);
    (await sent(1)).acknowledge();
    (await sent(2)).fail(away);
    const outcomes = await Promise.all(all);
    expect(outcomes.slice(0, 2)).toEqual(["stored", "stored"]);
    for (const outcome of outcomes.slice(2)) expect(outcome).toMatch(/broker away/);
    expect(sends).toHaveLength(3);
  });
});

describe("closing", () => {
  test("finishes what is queued, then disconnects", async () => {
    const { add, sent, lane, made } = setUp();
    const all = [add(0, "a"), add(1, "b")];
    const closed = lane.close();
    (await sent(0)).acknowledge();
    const second = await sent(1);
    expect(made).toEqual([{ disconnects: 0 }]);
    second.acknowledge();
    await closed;
    expect(await Promise.all(all)).toEqual(["stored", "stored"]);
    expect(made).toEqual([{ disconnects: 1 }]);
  });

  test("what is queued can be refused instead, and is not sent", async () => {
    const { add, sent, sends, lane } = setUp();
    const running = add(0, "a");
    const send = await sent(0);
    const queued = [add(0, "b"), add(1, "c")];
    const closed = lane.close();
    lane.refuseQueued(new Error("closed"));
    for (const outcome of await Promise.all(queued)) expect(outcome).toMatch(/not appended: closed/);
    send.acknowledge();
    await closed;
    expect([await running, sends.length]).toEqual(["stored", 1]);
  });
});
