import { EVENT_RETENTION_MS } from "@ordermesh/runtime/event-log";
import { newBucketedId, newEventId } from "@ordermesh/runtime/ids";
import { expect, onTestFinished, test } from "vitest";
import { openRebuildBench } from "../rebuild/testing/rebuild-bench.ts";
import { NOTIFICATION_RETENTION_MS, pruneNotifications } from "./prune-notifications.ts";
import { recordNotifications } from "./record-notifications.ts";

const now = Date.parse("2026-03-01T10:00:00.000Z");
const dayMs = 24 * 3_600_000;

test("messages go when they are older than they are kept, whatever the age of their order", async () => {
  const bench = await openRebuildBench();
  onTestFinished(() => bench.close());
  const message = (orderAgeDays: number, ageDays: number, kind: "ORDER_PLACED" | "ORDER_DELIVERED") => ({
    id: newEventId(now - ageDays * dayMs),
    orderId: newBucketedId("ada", now - orderAgeDays * dayMs),
    customerId: "ada",
    kind,
    time: new Date(now - ageDays * dayMs),
    recipient: undefined,
  });
  const old = Array.from({ length: 6_000 }, () => message(40, 40, "ORDER_PLACED"));
  const kept = [message(40, 5, "ORDER_DELIVERED"), message(28, 28, "ORDER_PLACED")];
  await bench.database.transaction((tx) => recordNotifications(tx, [...old, ...kept], null));

  expect(await pruneNotifications(bench.database, now)).toBe(6_000);
  expect((await bench.rows()).map(({ id }) => id).sort()).toEqual(kept.map(({ id }) => id).sort());
  expect(await pruneNotifications(bench.database, now)).toBe(0);
});

test("the log keeps events longer than the store keeps messages", () => {
  expect(EVENT_RETENTION_MS).toBeGreaterThan(NOTIFICATION_RETENTION_MS);
});
