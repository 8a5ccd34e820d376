import type { EachBatchPayload } from "kafkajs";
import { pino } from "pino";
import { expect, onTestFinished, test } from "vitest";
import type { LogBatch } from "../port.ts";
import { createLanes } from "./lanes.ts";
import { createLease } from "./lease.ts";

/** What a fetch brought: records `from` to `from + count - 1` of a partition. */
function fetched(partition: number, count: number, from = 0) {
  const resolved: string[] = [];
  const messages = Array.from({ length: count }, (_, index) => ({ offset: String(from + index), timestamp: "0" }));
  const payload = {
    batch: { topic: "topic", partition, messages },
    resolveOffset: (offset: string) => void resolved.push(offset),
    pause: () => () => undefined,
  } as unknown as EachBatchPayload;
  return { payload, resolved };
}

function setUp(handle: (batch: LogBatch) => Promise<void>, maxRecords = 10) {
  const logger = pino({ level: "silent" });
  const lanes = createLanes({ maxRecords, handle, progressed: () => {}, confirm: async () => {}, logger });
  onTestFinished(() => lanes.stop());
  return { lanes, lease: createLease() };
}

function protocolError(type: string): Error {
  return Object.assign(new Error(type), { type });
}

const places = ({ records }: LogBatch) => records.map(({ partition, offset }) => `${partition}/${offset}`);

test("what waits of several partitions becomes one batch", async () => {
  const batches: string[][] = [];
  const { lanes, lease } = setUp(async (batch) => void batches.push(places(batch)));
  const [a, b] = [fetched(0, 2), fetched(1, 3, 7)];
  await Promise.all([a, b].map(({ payload }) => lanes.accept(payload, lease)));
  expect(batches).toEqual([["0/0", "0/1", "1/7", "1/8", "1/9"]]);
  expect([a.resolved, b.resolved]).toEqual([["1"], ["9"]]);
});

test("what is more than a batch takes is cut, and resolved batch by batch", async () => {
  const sizes: number[] = [];
  const { lanes, lease } = setUp(async ({ records }) => void sizes.push(records.length), 4);
  const [a, b] = [fetched(0, 6), fetched(1, 3)];
  await Promise.all([a, b].map(({ payload }) => lanes.accept(payload, lease)));
  expect(sizes).toEqual([4, 4, 1]);
  expect([a.resolved, b.resolved]).toEqual([
    ["3", "5"],
    ["1", "2"],
  ]);
});

test("when the group rebalances the batch in flight is finished and no other begun; the runner is told", async () => {
  const rebalance = protocolError("REBALANCE_IN_PROGRESS");
  const aborted: boolean[] = [];
  const { lanes, lease } = setUp(async ({ signal }) => {
    lease.refused(rebalance);
    aborted.push(signal.aborted);
  }, 4);
  const slice = fetched(0, 6);
  await expect(lanes.accept(slice.payload, lease)).rejects.toBe(rebalance);
  expect([aborted, slice.resolved]).toEqual([[false], ["3"]]);
});

test.each(["UNKNOWN_MEMBER_ID", "ILLEGAL_GENERATION"])("after %s nothing of the batch is resolved", async (type) => {
  const removed = protocolError(type);
  const aborted: boolean[] = [];
  const { lanes, lease } = setUp(async ({ signal }) => {
    lease.refused(removed);
    aborted.push(signal.aborted);
  });
  const slice = fetched(0, 6);
  await expect(lanes.accept(slice.payload, lease)).rejects.toBe(removed);
  expect([aborted, slice.resolved]).toEqual([[true], []]);
});

test("a batch of a lease that was replaced is given back without an error: the group has been joined already", async () => {
  const { lanes, lease } = setUp(async () => lease.replace());
  const slice = fetched(0, 6);
  await lanes.accept(slice.payload, lease);
  expect(slice.resolved).toEqual([]);
});

test("a coordinator that stays silent makes the runner join again under the member's present id", async () => {
  const { lanes, lease } = setUp(async () => lease.expire(new Error("connection closed")));
  await expect(lanes.accept(fetched(0, 1).payload, lease)).rejects.toMatchObject({ type: "ILLEGAL_GENERATION" });
});

test("an error that says nothing of the lease does not end it", async () => {
  const { lanes, lease } = setUp(async () => lease.refused(protocolError("REQUEST_TIMED_OUT")));
  const slice = fetched(0, 6);
  await lanes.accept(slice.payload, lease);
  expect(slice.resolved).toEqual(["5"]);
});

test("of several partitions the one that fails is paused and the others go on", async () => {
  let failures = 0;
  const { lanes, lease } = setUp(async ({ records }) => {
    if (records.some(({ partition }) => partition === 1) && failures < 3) {
      failures += 1;
      throw new Error("on purpose");
    }
  });
  const [a, b] = [fetched(0, 2), fetched(1, 2)];
  await Promise.all([a, b].map(({ payload }) => lanes.accept(payload, lease)));
  // Together, then alone; the repeat comes after the backoff.
  expect([failures, a.resolved, b.resolved]).toEqual([2, ["1"], []]);
});
