import { setTimeout as delay } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import type { EventLog, EventRecord, LogRecord } from "../port.ts";
import {
  type EventLogHarness,
  freshNames,
  numbered,
  numbersOf,
  openForTest,
  readAll,
  record,
  upTo,
} from "./harness.ts";

const WAIT = { timeout: 40_000, interval: 50 };

export function faultContract(harness: () => EventLogHarness): void {
  test("a member that outlived its lease moves no offset, and learns that its batch cannot be committed", async () => {
    const { topic, group } = freshNames();
    const zombie = await openForTest(harness(), "zombie");
    await zombie.append(numbered(topic, 8, 1));
    const started = Promise.withResolvers<AbortSignal>();
    const release = Promise.withResolvers<void>();
    let calls = 0;
    await zombie.subscribe({
      group,
      topics: [topic],
      maxRecords: 4,
      async handle({ signal }) {
        calls += 1;
        if (calls === 1) {
          started.resolve(signal);
          await release.promise;
        }
      },
    });
    const signal = await started.promise;

    const other = await openForTest(harness());
    const seen: LogRecord[] = [];
    await other.subscribe({
      group,
      topics: [topic],
      maxRecords: 100,
      handle: async ({ records }) => void seen.push(...records),
    });
    await harness().expireLeases("zombie");
    await vi.waitFor(() => expect(signal.aborted).toBe(true), WAIT);
    await vi.waitFor(async () => expect(await other.lag(group, [topic])).toBe(0n), WAIT);
    expect(numbersOf(seen)).toEqual(upTo(8));
    expect(calls).toBe(1);

    // The late batch would set the offset back to 4, and whoever owns the partition next would get 4 to 7 again.
    release.resolve();
    await zombie.close();
    await other.append([record(topic, "key-0", "8")]);
    await vi.waitFor(async () => expect(await other.lag(group, [topic])).toBe(0n), WAIT);
    expect(numbersOf(seen)).toEqual(upTo(9));
    expect(seen).toHaveLength(9);
  });

  test("a restart of the broker loses nothing and heals by itself, for appends, members and readers", async () => {
    const { topic, group } = freshNames();
    const writer = await openForTest(harness());
    const reader = await openForTest(harness());
    const seen: LogRecord[] = [];
    await reader.subscribe({
      group,
      topics: [topic],
      maxRecords: 50,
      handle: async ({ records }) => void seen.push(...records),
    });
    await writer.append(numbered(topic, 50));

    const appending = (async () => {
      for (let from = 50; from < 250; from += 10) {
        await appendUntilAccepted(writer, numbered(topic, 10, 16, from));
      }
    })();
    await harness().restartBroker();
    await appending;

    await vi.waitFor(() => expect(numbersOf(seen)).toEqual(upTo(250)), WAIT);
    await vi.waitFor(async () => expect(await reader.lag(group, [topic])).toBe(0n), WAIT);
    expect(numbersOf(await readAll(writer, topic))).toEqual(upTo(250));
    expect(await reader.healthy()).toBe(true);
  });

  test("a key's records keep their order across a restart, repeats apart", async () => {
    const { topic } = freshNames();
    const writer = await openForTest(harness());
    const appending = (async () => {
      for (let index = 0; index < 100; index += 1) {
        await appendUntilAccepted(writer, [record(topic, "one", `${index}`)]);
      }
    })();
    await harness().restartBroker();
    await appending;
    const numbers = numbersInOrder(await readAll(writer, topic));
    expect(numbers).toEqual(upTo(100));
  });
}

/** Repeats as a relay does: nothing later is sent before this is accepted. */
async function appendUntilAccepted(log: EventLog, records: readonly EventRecord[]): Promise<void> {
  for (;;) {
    try {
      return await log.append(records);
    } catch {
      await delay(20);
    }
  }
}

/** The numbers in the order of the log; a repeat directly behind its first is left out. */
function numbersInOrder(records: readonly LogRecord[]): number[] {
  const numbers = records.map(({ value }) => Number(new TextDecoder().decode(value)));
  return numbers.filter((number, index) => number !== numbers[index - 1]);
}
