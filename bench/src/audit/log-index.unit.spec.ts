import type { EventLog, LogRecord } from "@ordermesh/runtime/event-log";
import { expect, test } from "vitest";
import { indexLog, topics } from "./log-index.ts";

const at = (second: number): Date => new Date(Date.UTC(2026, 0, 1, 0, 0, second));
const until = at(59);

/** A log whose topic of orders holds these records; the key is the order. */
function logOf(...places: readonly [partition: number, offset: bigint, second: number][]): EventLog {
  const records = places.map(
    ([partition, offset, second]): LogRecord => ({
      topic: topics.orders,
      partition,
      offset,
      appendTime: at(second),
      key: `order-${partition}`,
      headers: { ce_type: "ordermesh.order.v1.OrderPlaced", ce_id: `${partition}-${offset}` },
      value: new Uint8Array(),
    }),
  );
  const read = async function* (topic: string): AsyncGenerator<LogRecord> {
    if (topic === topics.orders) yield* records;
  };
  return { read } as Partial<EventLog> as EventLog;
}

test("partitions that count by themselves are whole when each begins at 0", async () => {
  const index = await indexLog(logOf([0, 0n, 1], [0, 1n, 2], [1, 0n, 3]), until, "partition");
  expect(index).toMatchObject({ records: 3, completeSince: undefined });
});

test("one partition that lost its oldest records tells from when on the log is complete", async () => {
  const log = logOf([0, 0n, 1], [1, 7n, 3], [1, 8n, 9], [2, 4n, 5]);
  expect((await indexLog(log, until, "partition")).completeSince).toEqual(at(5));
});

test("partitions that share a counter are whole when one of them begins at 0", async () => {
  expect((await indexLog(logOf([0, 0n, 1], [1, 1n, 2]), until, "topic")).completeSince).toBeUndefined();
  expect((await indexLog(logOf([0, 6n, 4], [1, 5n, 3]), until, "topic")).completeSince).toEqual(at(4));
});
