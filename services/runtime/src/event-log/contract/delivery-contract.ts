import { expect, test, vi } from "vitest";
import type { LogRecord } from "../port.ts";
import {
  type EventLogHarness,
  freshNames,
  numbered,
  numbersOf,
  openForTest,
  record,
  textOf,
  textsByKey,
  upTo,
} from "./harness.ts";

const WAIT = { timeout: 20_000, interval: 20 };

export function deliveryContract(harness: () => EventLogHarness): void {
  test("a subscription gets what was there before and what comes later, in order per partition", async () => {
    const { topic, group } = freshNames();
    const log = await openForTest(harness());
    await log.append(numbered(topic, 100));
    const seen: LogRecord[] = [];
    await log.subscribe({
      group,
      topics: [topic],
      maxRecords: 50,
      handle: async ({ records }) => void seen.push(...records),
    });
    await vi.waitFor(() => expect(numbersOf(seen)).toEqual(upTo(100)), WAIT);
    await log.append(numbered(topic, 100, 16, 100));
    await vi.waitFor(() => expect(numbersOf(seen)).toEqual(upTo(200)), WAIT);
    expect(seen).toHaveLength(200);
    for (const texts of textsByKey(seen).values()) {
      expect(texts.map(Number)).toEqual(texts.map(Number).toSorted((a, b) => a - b));
    }
  });

  test("a record that another process appends arrives within a moment", async () => {
    const { topic, group } = freshNames();
    const reader = await openForTest(harness());
    const writer = await openForTest(harness());
    const arrived = Promise.withResolvers<number>();
    await reader.subscribe({
      group,
      topics: [topic],
      maxRecords: 10,
      handle: async () => arrived.resolve(performance.now()),
    });
    await vi.waitFor(() => expect(writer.lag(group, [topic])).resolves.toBe(0n), WAIT);
    const sent = performance.now();
    await writer.append([record(topic, "key", "0")]);
    expect((await arrived.promise) - sent).toBeLessThan(900);
  });

  test("groups are independent of one another", async () => {
    const { topic, group } = freshNames();
    const log = await openForTest(harness());
    const seen = { a: [] as LogRecord[], b: [] as LogRecord[] };
    for (const name of ["a", "b"] as const) {
      const handle = async ({ records }: { records: readonly LogRecord[] }) => void seen[name].push(...records);
      await log.subscribe({ group: `${group}-${name}`, topics: [topic], maxRecords: 10, handle });
    }
    await log.append(numbered(topic, 60));
    await vi.waitFor(() => expect([numbersOf(seen.a), numbersOf(seen.b)]).toEqual([upTo(60), upTo(60)]), WAIT);
  });

  test("one group reads several topics", async () => {
    const { topic, group } = freshNames();
    const topics = [`${topic}-a`, `${topic}-b`];
    const log = await openForTest(harness());
    const seen: LogRecord[] = [];
    await log.subscribe({ group, topics, maxRecords: 10, handle: async ({ records }) => void seen.push(...records) });
    await log.append(topics.map((name) => record(name, "key", "0")));
    await vi.waitFor(() => expect(seen.map((found) => found.topic).sort()).toEqual(topics), WAIT);
  });

  test("a batch never exceeds maxRecords, however large the backlog and its appends", async () => {
    const { topic, group } = freshNames();
    const log = await openForTest(harness());
    await log.append(numbered(topic, 5_000, 3));
    await Promise.all(upTo(200).map((index) => log.append(numbered(topic, 1, 3, 5_000 + index))));
    const sizes: number[] = [];
    const seen: LogRecord[] = [];
    await log.subscribe({
      group,
      topics: [topic],
      maxRecords: 40,
      async handle({ records }) {
        sizes.push(records.length);
        seen.push(...records);
      },
    });
    await vi.waitFor(() => expect(numbersOf(seen)).toEqual(upTo(5_200)), WAIT);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(40);
    expect(seen).toHaveLength(5_200);
  });

  test("a failing partition backs off and gets the same records again while the others go on", async () => {
    const { topic, group } = freshNames();
    const log = await openForTest(harness());
    const good: LogRecord[] = [];
    const attempts: string[][] = [];
    let broken = true;
    await log.append(numbered(topic, 64));
    await log.subscribe({
      group,
      topics: [topic],
      maxRecords: 500,
      async handle({ records }) {
        if (records.some(({ partition }) => partition === 2)) {
          attempts.push(records.filter(({ partition }) => partition === 2).map(textOf));
          if (broken) {
            throw new Error("on purpose");
          }
        }
        good.push(...records);
      },
    });
    await vi.waitFor(() => expect(attempts.length).toBeGreaterThanOrEqual(4), WAIT);
    await log.append(numbered(topic, 64, 16, 64));
    const others = () => good.filter(({ partition }) => partition !== 2);
    await vi.waitFor(() => expect(Math.max(...numbersOf(others()))).toBeGreaterThan(100), WAIT);
    expect(good.some(({ partition }) => partition === 2)).toBe(false);
    expect(attempts[3]?.slice(0, attempts[0]?.length)).toEqual(attempts[0]);

    broken = false;
    await vi.waitFor(() => expect(numbersOf(good)).toEqual(upTo(128)), WAIT);
    expect(good.filter(({ partition }) => partition === 2).map(textOf)).toEqual([
      ...new Set(good.filter(({ partition }) => partition === 2).map(textOf)),
    ]);
  });

  test("lag counts what the group has not committed", async () => {
    const { topic, group } = freshNames();
    const log = await openForTest(harness());
    await log.append(numbered(topic, 30));
    expect(await log.lag(group, [topic])).toBe(30n);
    const subscription = await log.subscribe({ group, topics: [topic], maxRecords: 7, handle: async () => undefined });
    await vi.waitFor(async () => expect(await log.lag(group, [topic])).toBe(0n), WAIT);
    await subscription.stop();
    await log.append(numbered(topic, 12));
    expect(await log.lag(group, [topic])).toBe(12n);
    expect(await log.lag(`${group}-other`, [topic])).toBe(42n);
  });
}
