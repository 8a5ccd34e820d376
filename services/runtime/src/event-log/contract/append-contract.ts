import { expect, test } from "vitest";
import { MAX_RECORD_BYTES, recordBytes } from "../record-size.ts";
import { deadLetterTopic } from "../topics.ts";
import {
  type EventLogHarness,
  freshNames,
  numbered,
  openForTest,
  readAll,
  record,
  textOf,
  textsByKey,
} from "./harness.ts";

export function appendContract(harness: () => EventLogHarness): void {
  test("an appended record is read back whole, by another client too", async () => {
    const { topic } = freshNames();
    const log = await openForTest(harness());
    const headers = { ce_id: "1", odd: 'quote " backslash \\ ],[" ünï \u0000', empty: "" };
    const value = Uint8Array.from(Array.from({ length: 256 }, (_, byte) => byte));
    const before = Date.now();
    await log.append([{ topic, key: 'key "\\ ü', headers, value }]);

    const found = await readAll(await openForTest(harness()), topic);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ topic, key: 'key "\\ ü', headers });
    expect(Buffer.from(found[0]?.value ?? []).equals(value)).toBe(true);
    expect(Math.abs((found[0]?.appendTime.getTime() ?? 0) - before)).toBeLessThan(60_000);
  });

  test("appending nothing is a no-op and an empty topic reads as empty", async () => {
    const { topic } = freshNames();
    const log = await openForTest(harness());
    await log.append([]);
    expect(await readAll(log, topic)).toEqual([]);
  });

  test("a wrong topic name is refused and harms no other append", async () => {
    const { topic } = freshNames();
    const log = await openForTest(harness());
    await expect(log.append([record("no spaces", "key", "x")])).rejects.toThrow(/topic must be/);
    await log.append([record(topic, "key", "y")]);
    expect((await readAll(log, topic)).map(textOf)).toEqual(["y"]);
  });

  test("a record up to the limit is kept; with one above it nothing of the call is appended", async () => {
    const { topic } = freshNames();
    const log = await openForTest(harness());
    const sized = (name: string, bytes: number) => {
      const empty = { ...record(name, "ключ", ""), value: new Uint8Array() };
      return { ...empty, value: new Uint8Array(bytes - recordBytes(empty)).fill(7) };
    };
    for (const [name, limit] of [
      [topic, MAX_RECORD_BYTES],
      [deadLetterTopic(topic), 2 * MAX_RECORD_BYTES],
    ] as const) {
      await log.append([sized(name, limit)]);
      const refused = log.append([record(name, "small", "x"), sized(name, limit + 1)]);
      await expect(refused).rejects.toMatchObject({
        code: "RECORD_TOO_LARGE",
        message: expect.stringContaining(`${name} with key "ключ" must have at most ${limit} bytes`),
      });
      await log.append([record(name, "ключ", "after")]);
      const found = await readAll(log, name);
      expect(found.map(({ value }) => value.byteLength)).toEqual([sized(name, limit).value.byteLength, 5]);
    }
  });

  test("records of one key stay in one partition and in the order of calls that do not wait for one another", async () => {
    const { topic } = freshNames();
    const log = await openForTest(harness());
    const calls = Array.from({ length: 200 }, (_, call) => log.append(numbered(topic, 5, 7, call * 5)));
    await Promise.all(calls);

    const found = await readAll(log, topic);
    expect(found).toHaveLength(1_000);
    for (const texts of textsByKey(found).values()) {
      expect(texts.map(Number)).toEqual(texts.map(Number).toSorted((a, b) => a - b));
    }
    const places = new Map(found.map(({ key, partition }) => [key, partition]));
    expect(found.every(({ key, partition }) => places.get(key) === partition)).toBe(true);
    expect(new Set(places.values()).size).toBeGreaterThan(1);
  });

  test("several clients append to the same topics at once: nothing is lost and each client's order is kept", async () => {
    const { topic } = freshNames();
    const topics = [`${topic}-a`, `${topic}-b`];
    const clients = await Promise.all([1, 2, 3].map(() => openForTest(harness())));
    await Promise.all(
      clients.map(async (log, client) => {
        for (let turn = 0; turn < 30; turn += 1) {
          const order = client % 2 === 0 ? topics : topics.toReversed();
          await log.append(order.flatMap((name) => [record(name, `key-${turn % 3}`, `${client}/${turn}`)]));
        }
      }),
    );
    for (const name of topics) {
      const found = await readAll(clients[0] ?? (await openForTest(harness())), name);
      expect(new Set(found.map(({ partition, offset }) => `${partition}/${offset}`)).size).toBe(90);
      for (const client of [0, 1, 2]) {
        for (const texts of textsByKey(found).values()) {
          const turns = texts.filter((text) => text.startsWith(`${client}/`)).map((text) => Number(text.slice(2)));
          expect(turns).toEqual(turns.toSorted((a, b) => a - b));
        }
      }
    }
  });

  test("read covers a topic to its present end, from an offset and of chosen partitions", async () => {
    const { topic } = freshNames();
    const log = await openForTest(harness());
    await log.append(numbered(topic, 3_000, 50));
    const reading = log.read(topic);
    const first = await reading[Symbol.asyncIterator]().next();
    expect(first.done).toBe(false);
    const all = await readAll(log, topic);
    expect(all).toHaveLength(3_000);

    const [place] = all;
    const rest = await readAll(log, topic, {
      fromOffset: (place?.offset ?? 0n) + 1n,
      partitions: [place?.partition ?? 0],
    });
    expect(rest).toEqual(all.filter(({ partition }) => partition === place?.partition).slice(1));
  });
}
