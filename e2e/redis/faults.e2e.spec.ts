// Redis is emptied, killed and hung under load: no client gets an error, and the index heals by itself.
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { conclude, createProgress, lossesOf, type SteadyLoad, startSteadyLoad } from "@ordermesh/bench";
import { issueDevelopmentToken, operatorScopes } from "@ordermesh/stack";
import { createClient } from "@redis/client";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { tokensIn } from "../customers.ts";
import { type OwnStack, startOwnStack } from "../own-stack.ts";
import { percentile } from "../percentile.ts";
import { type Json, rest } from "../rest.ts";
import { type Lookups, type NamedOrder, startLookups } from "./lookups.ts";

const perSecond = 20;
const callsPerSecond = 200;
/** A use of Redis may take 50 ms; the rest is the look-up at the shards and the machine. */
const longestLookupMs = 2_000;
const awayMs = 4_000;

let own: OwnStack;
let orders: SteadyLoad;
let lookups: Lookups;
const runId = `redis-${randomUUID()}`;

const call = (method: string, path: string, body?: unknown): Promise<{ status: number; body: Json }> =>
  rest(own.stack.state().gatewayUrl, method, path, {
    token: own.stack.state().operatorToken,
    body,
    headers: { "idempotency-key": randomUUID() },
  });

/** An order that can be looked up by a reference, by its payment and by a tracking number, all of them unlike others. */
async function namedOrder(token: string): Promise<readonly NamedOrder[]> {
  const clientReference = `reference-${randomUUID()}`;
  const placed = await own.place("sku-0001", token, clientReference);
  const { id } = placed.body;
  const path = `/v1/orders/${id}`;
  await vi.waitFor(async () => expect((await call("GET", path)).body.status).toBe("ORDER_STATUS_CONFIRMED"), {
    timeout: 20_000,
  });
  const trackingNumber = `tracking-${randomUUID()}`;
  expect(await call("POST", `${path}:ship`, { carrier: "DHL", trackingNumber })).toMatchObject({ status: 200 });
  const [payment] = (await call("GET", `${path}/payments`)).body.payments;
  return [
    { query: `clientReference=${clientReference}`, orderId: id },
    { query: `paymentId=${payment.id}`, orderId: id },
    { query: `trackingNumber=${trackingNumber}`, orderId: id },
  ];
}

beforeAll(async () => {
  own = await startOwnStack({
    shards: 2,
    redis: true,
    env: {
      ORDERMESH_RATE_LIMIT_PER_SECOND: String(callsPerSecond),
      ORDERMESH_RATE_LIMIT_BURST: "0",
    },
  });
  const { dataDir } = own;
  const { gatewayUrl } = own.stack.state();
  const customers = await tokensIn(dataDir, { first: 0, last: 4095 }, 16);
  const named = (await Promise.all(customers.map(namedOrder))).flat();
  const operators = ["olga", "oleg", "omar", "oda"].map((name) => issueDevelopmentToken(dataDir, name, operatorScopes));
  orders = startSteadyLoad({ origin: gatewayUrl, tokens: customers, perSecond, runId });
  lookups = startLookups({ gatewayUrl, tokens: await Promise.all(operators), orders: named, pauseMs: 20 });
});

afterAll(async () => {
  await lookups?.stop();
  await orders?.finish(0);
  await own?.remove();
});

function figures(): { readonly text: string; readonly longestMs: number } {
  const took = lookups.lap();
  const longestMs = Math.max(...took);
  const median = `median ${percentile(took, 0.5)} ms, 99th percentile ${percentile(took, 0.99)} ms`;
  return { text: `${took.length} look-ups, ${median}, longest ${longestMs} ms`, longestMs };
}

/** How many look-ups the order process has answered so far, by what the index knew. */
async function answered(): Promise<Record<string, number>> {
  const health = own.stack.state().processes.find(({ service }) => service === "order")?.health;
  const text = await (await fetch(`http://${health}/metrics`)).text();
  const samples = text.matchAll(/^ordermesh_index_lookups_total\{result="(\w+)"\} (\d+)/gm);
  return Object.fromEntries([...samples].map(([, result = "", count]) => [result, Number(count)]));
}

/** Waits until look-ups are hits, and only that. */
async function healed(): Promise<void> {
  let before = await answered();
  await expect
    .poll(
      async () => {
        const now = await answered();
        const others = ["miss", "stale", "away"].filter((result) => (now[result] ?? 0) > (before[result] ?? 0));
        const hits = (now["hit"] ?? 0) - (before["hit"] ?? 0);
        before = now;
        return { others, hits: hits > 10 };
      },
      { timeout: 30_000, interval: 500 },
    )
    .toEqual({ others: [], hits: true });
}

/** Status codes of as many calls of one customer at once as are allowed in two seconds. */
async function rush(customer: string): Promise<Record<string, number>> {
  const token = await own.tokenOf(customer);
  const answers = await Promise.all(
    Array.from({ length: 2 * callsPerSecond }, () => own.get("/v1/items/sku-0001", token)),
  );
  const byStatus = Object.groupBy(answers, ({ status }) => status);
  return Object.fromEntries(Object.entries(byStatus).map(([status, group]) => [status, group?.length ?? 0]));
}

const redisPid = (): number => own.stack.state().processes.find(({ service }) => service === "redis")?.pid ?? 0;

const faults = {
  "loses everything (FLUSHALL)": async () => {
    const client = await createClient({ url: own.stack.state().redisUrl ?? "" }).connect();
    await client.flushAll();
    await client.close();
  },
  "is killed": async () => {
    own.stack.kill("redis", "SIGKILL");
  },
  "is down for some seconds": async () => {
    onTestFinished(() => own.stack.release("redis"));
    expect(own.stack.hold("redis")).toBe(true);
    await delay(awayMs);
    own.stack.release("redis");
  },
  "hangs for some seconds": async () => {
    const pid = redisPid();
    onTestFinished(() => void process.kill(pid, "SIGCONT"));
    process.kill(pid, "SIGSTOP");
    // Each gateway goes on counting for itself.
    expect(Object.keys(await rush("rusher"))).toEqual(["200", "429"]);
    await delay(awayMs);
    process.kill(pid, "SIGCONT");
  },
} as const;

describe.each(Object.entries(faults))("a Redis that %s", (_, fault) => {
  it("costs no client an error, and the index is whole again by itself", { timeout: 90_000 }, async ({ annotate }) => {
    await healed();
    await annotate(`before: ${figures().text}`);
    await fault();
    const begun = performance.now();
    await healed();
    const during = figures();
    await annotate(`meanwhile: ${during.text}; hits again after ${Math.round(performance.now() - begun)} ms`);
    expect(lookups.failures).toEqual([]);
    expect(during.longestMs).toBeLessThan(longestLookupMs);
    expect(orders.retried).toEqual({});
    expect(orders.refused).toEqual([]);
  });
});

it("every order that was placed meanwhile is there", { timeout: 60_000 }, async () => {
  await orders.finish(20_000);
  const conclusion = await conclude({
    state: own.state,
    load: orders,
    runId,
    outages: [],
    finalTimeoutMs: 30_000,
    progress: createProgress(process.stderr),
  });
  expect(lossesOf(conclusion)).toEqual([]);
});
