import { expect, test, vi } from "vitest";
import type { EventLog, LogRecord, Subscription } from "../port.ts";
import { type EventLogHarness, freshNames, numbered, numbersOf, openForTest, readAll, upTo } from "./harness.ts";
import { spawnMember } from "./spawn-member.ts";

const WAIT = { timeout: 25_000, interval: 25 };

interface Member {
  readonly log: EventLog;
  readonly subscription: Subscription;
  readonly seen: LogRecord[];
}

export function groupContract(harness: () => EventLogHarness): void {
  async function join(topic: string, group: string): Promise<Member> {
    const log = await openForTest(harness());
    const seen: LogRecord[] = [];
    const handle = async ({ records }: { records: readonly LogRecord[] }) => void seen.push(...records);
    return { log, seen, subscription: await log.subscribe({ group, topics: [topic], maxRecords: 20, handle }) };
  }

  function shares(...members: Member[]): number[] {
    return members.map(({ subscription }) => subscription.assigned().length);
  }

  test("two members share the partitions, and one takes over when the other leaves", async () => {
    const { topic, group } = freshNames();
    const a = await join(topic, group);
    const all = a.subscription.assigned().length;
    const b = await join(topic, group);
    await vi.waitFor(() => expect(shares(a, b)).toEqual([all / 2, all / 2]), WAIT);
    const places = [a, b].flatMap(({ subscription }) => subscription.assigned().map(({ partition }) => partition));
    expect(new Set(places).size).toBe(all);

    await a.log.append(numbered(topic, 100));
    await vi.waitFor(() => expect(numbersOf([...a.seen, ...b.seen])).toEqual(upTo(100)), WAIT);
    expect(a.seen.length).toBeGreaterThan(0);
    expect(b.seen.length).toBeGreaterThan(0);
    // Both committed what they handled: nothing came twice.
    expect(a.seen.length + b.seen.length).toBe(100);

    await a.subscription.stop();
    await vi.waitFor(() => expect(shares(b)).toEqual([all]), WAIT);
    await a.log.append(numbered(topic, 100, 16, 100));
    await vi.waitFor(() => expect(numbersOf([...a.seen, ...b.seen])).toEqual(upTo(200)), WAIT);
    expect(a.seen.length + b.seen.length).toBe(200);
  });

  test("more members than partitions: each partition has one owner and the spare ones wait", async () => {
    const { topic, group } = freshNames();
    const members = await Promise.all(upTo(6).map(() => join(topic, group)));
    await vi.waitFor(() => expect(shares(...members).sort()).toEqual([0, 0, 1, 1, 1, 1]), WAIT);
  });

  test("when a member's process is killed another takes its partitions over and nothing is skipped", async () => {
    const { topic, group } = freshNames();
    const survivor = await join(topic, group);
    const all = survivor.subscription.assigned().length;
    const killed = await spawnMember({ ...harness().options, clientId: "killed" }, group, topic);
    await vi.waitFor(() => expect(shares(survivor)).toEqual([all / 2]), WAIT);
    await survivor.log.append(numbered(topic, 40));
    await vi.waitFor(() => expect(killed.received()).toBeGreaterThan(0), WAIT);
    await killed.kill();
    await survivor.log.append(numbered(topic, 40, 16, 40));

    await vi.waitFor(() => expect(shares(survivor)).toEqual([all]), WAIT);
    const expected = (await readAll(survivor.log, topic)).length;
    expect(expected).toBe(80);
    await vi.waitFor(async () => expect(await survivor.log.lag(group, [topic])).toBe(0n), WAIT);
    expect(numbersOf(survivor.seen).filter((number) => number >= 40)).toEqual(upTo(80).slice(40));
  });

  test("stop finishes the batch in flight and commits it, and the next member resumes behind it", async () => {
    const { topic, group } = freshNames();
    const log = await openForTest(harness());
    await log.append(numbered(topic, 10, 1));
    const started = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const handled: LogRecord[] = [];
    const subscription = await log.subscribe({
      group,
      topics: [topic],
      maxRecords: 4,
      async handle({ records }) {
        started.resolve();
        await release.promise;
        handled.push(...records);
      },
    });
    await started.promise;
    const stopped = subscription.stop();
    release.resolve();
    await stopped;
    expect(numbersOf(handled)).toEqual(upTo(4));
    expect(await log.lag(group, [topic])).toBe(6n);

    const next = await join(topic, group);
    await vi.waitFor(() => expect(numbersOf(next.seen)).toEqual([4, 5, 6, 7, 8, 9]), WAIT);
  });

  test("closing the log stops its subscriptions and commits", async () => {
    const { topic, group } = freshNames();
    const writer = await openForTest(harness());
    await writer.append(numbered(topic, 50));
    const member = await join(topic, group);
    await vi.waitFor(() => expect(numbersOf(member.seen)).toEqual(upTo(50)), WAIT);
    await member.log.close();
    expect(await writer.lag(group, [topic])).toBe(0n);
  });
}
