// The index is made anew from the events while orders keep coming, and is what it was.
import { randomBytes, randomUUID } from "node:crypto";
import { issueCustomerTokens, startSteadyLoad } from "@ordermesh/bench";
import { createClient } from "@redis/client";
import { afterAll, beforeAll, expect, inject, it, onTestFinished } from "vitest";
import { runCommand } from "../cli.ts";
import { call, newItem, operator, orderOf, place, reaches, state } from "../client.ts";

const perSecond = 20;
const prefix = "ordermesh:index:";
const redis = createClient({ url: state.redisUrl ?? "" });

beforeAll(async () => {
  await redis.connect();
});

afterAll(() => redis.close());

async function generation(): Promise<string> {
  const current: { generation?: string } = JSON.parse((await redis.get(`${prefix}current`)) ?? "{}");
  return current.generation ?? "none";
}

interface Entry {
  readonly orderId: string;
  readonly endMs: number;
}

/** What the index in use says, by name. */
async function entries(): Promise<Map<string, Entry>> {
  const own = `${prefix}${await generation()}:`;
  const found = new Map<string, Entry>();
  for await (const keys of redis.scanIterator({ MATCH: `${own}*`, COUNT: 1_000 })) {
    for (const key of keys) {
      const [orderId, endMs] = await Promise.all([redis.get(key), redis.pExpireTime(key)]);
      if (orderId !== null) found.set(key.slice(own.length), { orderId, endMs });
    }
  }
  return found;
}

it("while orders keep coming, every name leads where it led, and ends when it would have", {
  timeout: 120_000,
}, async () => {
  const clientReference = `reference-${randomUUID()}`;
  const answer = await place({ ...orderOf(await newItem(10)), clientReference });
  await reaches(answer.body.id, "CONFIRMED");
  const byReference = () => call("GET", `/v1/orders:lookup?clientReference=${clientReference}`, undefined, operator);
  expect((await byReference()).body.id).toBe(answer.body.id);

  const load = startSteadyLoad({
    origin: state.gatewayUrl,
    tokens: await issueCustomerTokens(inject("dataDir"), 16),
    perSecond,
    runId: `rebuild-${randomBytes(4).toString("hex")}`,
  });
  onTestFinished(() => load.finish(0));
  // Names of payments come a moment after their orders.
  await expect.poll(async () => (await entries()).size, { timeout: 20_000 }).toBeGreaterThan(perSecond);
  const before = await entries();
  const old = await generation();

  expect(await runCommand(inject("dataDir"), "rebuild", "index")).toMatchObject({ code: 0 });
  expect(await generation()).not.toBe(old);
  const after = await entries();
  const changed = [...before].filter(([name, { orderId, endMs }]) => {
    const now = after.get(name);
    return now?.orderId !== orderId || now.endMs !== endMs;
  });
  // All orders of the load bear one reference, which leads to the newest of them.
  for (const [name, { orderId }] of changed) {
    expect(name).toMatch(/^r:/);
    expect((after.get(name)?.orderId ?? "") > orderId).toBe(true);
  }
  expect(changed.length).toBeLessThanOrEqual(1);
  expect((await byReference()).body.id).toBe(answer.body.id);
  await load.finish(20_000);
  expect(load.refused).toEqual([]);
  expect(load.retried).toEqual({});
});
