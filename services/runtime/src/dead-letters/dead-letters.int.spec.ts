import { expect, test, vi } from "vitest";
import { GROUP, noteEvent, noteEvents, openConsumerBench, TOPIC } from "../consumer/spec-setup.ts";
import { PoisonError } from "../errors/index.ts";
import { listDeadLetters, redriveDeadLetters, showDeadLetter } from "./index.ts";

const topics = [TOPIC];

/** Three dead letters (b, d, f) among applied neighbours; `mend` makes the handler accept them. */
async function benchWithDeadLetters() {
  const bench = await openConsumerBench();
  let broken = ["b", "d", "f"];
  await bench.log.append(["a", "b", "c", "d", "e", "f"].map((body) => noteEvent(body, "key")));
  await bench.start({
    handlers: [
      noteEvents((bodies, ids) => {
        const bad = bodies.findIndex((body) => broken.includes(body));
        if (bad !== -1) {
          throw new PoisonError(ids[bad] ?? "", `cannot take ${bodies[bad]}`);
        }
      }),
    ],
  });
  bench.outbox.startRelay();
  await vi.waitFor(async () => expect(await listDeadLetters(bench.log, { topics })).toHaveLength(3), {
    timeout: 10_000,
  });
  return {
    ...bench,
    mend(still: string[] = []) {
      broken = still;
    },
  };
}

test("dead letters are listed and shown with reason, source and attempts", async () => {
  const bench = await benchWithDeadLetters();
  const letters = await listDeadLetters(bench.log, { topics });
  expect(letters.map(({ reason }) => reason)).toEqual(["cannot take b", "cannot take d", "cannot take f"]);
  const [first] = letters;
  const source = (await bench.readAll(TOPIC))[1];
  expect(first).toMatchObject({
    id: `${GROUP}/${TOPIC}/${source?.partition}/${source?.offset}`,
    group: GROUP,
    attempts: 1,
    key: "key",
    eventType: "google.protobuf.StringValue",
    eventId: source?.headers["ce_id"],
    redriveTime: undefined,
  });
  expect(await showDeadLetter(bench.log, { topics, id: first?.id ?? "" })).toEqual(first);
  expect(await showDeadLetter(bench.log, { topics, id: "nobody/notes/0/0" })).toBeUndefined();
});

test("a redrive applies the mended events, settles the letters, and repeated does nothing", async () => {
  const bench = await benchWithDeadLetters();
  bench.mend();
  const { redriven } = await redriveDeadLetters(bench.log, { topics });
  expect(redriven).toHaveLength(3);
  await bench.drained();
  expect(await bench.notes()).toEqual(["a", "c", "e", "b", "d", "f"]);
  expect(await listDeadLetters(bench.log, { topics })).toEqual([]);
  const settled = await listDeadLetters(bench.log, { topics, includeRedriven: true });
  expect(settled.map(({ redriveTime }) => redriveTime instanceof Date)).toEqual([true, true, true]);

  expect((await redriveDeadLetters(bench.log, { topics })).redriven).toEqual([]);
  // As after a crash between the record and its note: the record comes once more.
  await bench.log.append((await bench.readAll(TOPIC)).slice(-3));
  await bench.drained();
  expect(await bench.notes()).toHaveLength(6);
});

test("a redrive of chosen ids leaves the others, and names those that are settled or unknown", async () => {
  const bench = await benchWithDeadLetters();
  bench.mend();
  const [first, second] = (await listDeadLetters(bench.log, { topics })).map(({ id }) => id);
  await redriveDeadLetters(bench.log, { topics, ids: [first ?? ""] });
  const result = await redriveDeadLetters(bench.log, { topics, ids: [first ?? "", second ?? "", "no-such"] });
  expect(result.redriven.map(({ id }) => id)).toEqual([second]);
  expect(result.already.map(({ id }) => id)).toEqual([first]);
  expect(result.unknown).toEqual(["no-such"]);
  await bench.drained();
  expect(await bench.notes()).toEqual(["a", "c", "e", "b", "d"]);
  expect(await listDeadLetters(bench.log, { topics })).toHaveLength(1);
});

test("an event that is still poison becomes a new dead letter", async () => {
  const bench = await benchWithDeadLetters();
  bench.mend(["d"]);
  const before = await listDeadLetters(bench.log, { topics });
  await redriveDeadLetters(bench.log, { topics });
  await bench.drained();
  const waiting = async () => (await listDeadLetters(bench.log, { topics })).map(({ reason }) => reason);
  await vi.waitFor(async () => expect(await waiting()).toEqual(["cannot take d"]), { timeout: 10_000 });
  const [again] = await listDeadLetters(bench.log, { topics });
  expect(again?.eventId).toBe(before[1]?.eventId);
  expect(again?.id).not.toBe(before[1]?.id);
});
