import type { Admin } from "kafkajs";
import { pino } from "pino";
import { expect, test } from "vitest";
import { createAdminSlot } from "./admin-slot.ts";

/** Admins that count what is done with them. */
function fakeKafka() {
  const made: { connected: boolean; disconnected: boolean }[] = [];
  const admin = () => {
    const own = { connected: false, disconnected: false };
    made.push(own);
    const fake: Pick<Admin, "connect" | "disconnect"> = {
      async connect() {
        own.connected = true;
      },
      async disconnect() {
        own.disconnected = true;
      },
    };
    return fake as Admin;
  };
  return { made, kafka: { admin } };
}

const logger = pino({ level: "silent" });

test("work that succeeds shares one client, one after the other", async () => {
  const { made, kafka } = fakeKafka();
  const slot = createAdminSlot(kafka, 1, logger);
  const release = Promise.withResolvers<void>();
  const order: string[] = [];
  const first = slot.use(async () => {
    await release.promise;
    order.push("first");
  });
  const second = slot.use(async () => void order.push("second"));
  release.resolve();
  await Promise.all([first, second]);
  expect(order).toEqual(["first", "second"]);
  expect(made).toEqual([{ connected: true, disconnected: false }]);
  await slot.close();
  expect(made[0]?.disconnected).toBe(true);
});

test("after a failure the client is replaced, and the work done again if that may help", async () => {
  const { made, kafka } = fakeKafka();
  const slot = createAdminSlot(kafka, 2, logger);
  let attempts = 0;
  const answer = await slot.use(async () => {
    attempts += 1;
    if (attempts === 1) throw Object.assign(new Error("loading"), { retriable: true });
    return "loaded";
  });
  expect(answer).toBe("loaded");
  expect(made).toEqual([
    { connected: true, disconnected: true },
    { connected: true, disconnected: false },
  ]);
});

test("an error that trying again does not mend is told at once, and the next work goes on", async () => {
  const { made, kafka } = fakeKafka();
  const slot = createAdminSlot(kafka, 5, logger);
  const refused = Object.assign(new Error("no such user"), { retriable: false });
  await expect(slot.use(() => Promise.reject(refused))).rejects.toBe(refused);
  expect(made).toHaveLength(1);
  expect(await slot.use(async () => 7)).toBe(7);
});

test("a slot that is closed does no more work", async () => {
  const { kafka } = fakeKafka();
  const slot = createAdminSlot(kafka, 2, logger);
  await slot.close();
  await expect(slot.use(async () => 1)).rejects.toThrow("closed");
});
