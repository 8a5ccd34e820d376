import { afterEach, expect, test, vi } from "vitest";
import { created, type FakeGateway, problem, startFakeGateway } from "../testing/fake-gateway.ts";
import { startSteadyLoad } from "./steady-load.ts";

const patience = { timeout: 15_000 };

let gateway: FakeGateway | undefined;
afterEach(() => gateway?.close());

test("an order is repeated under its key until it is answered", async () => {
  const attempts = new Map<string, number>();
  gateway = await startFakeGateway((_call, key, response) => {
    const attempt = (attempts.get(key) ?? 0) + 1;
    attempts.set(key, attempt);
    if (attempt === 1) problem(response, 503, "UNAVAILABLE");
    else if (attempt === 2) response.destroy();
    else created(response, `order-of-${key}`);
  });
  const load = startSteadyLoad({ origin: gateway.origin, tokens: ["token"], perSecond: 100, runId: "run" });
  await vi.waitFor(() => expect(load.accepted.length).toBeGreaterThan(3), patience);
  await load.finish(5_000);
  expect(new Set(load.accepted)).toEqual(new Set([...attempts.keys()].map((key) => `order-of-${key}`)));
  expect([...attempts.values()].every((count) => count === 3)).toBe(true);
  expect(load.retried).toEqual({ 503: attempts.size, UND_ERR_SOCKET: attempts.size });
  expect(load.unanswered).toBe(0);
  expect(load.refused).toEqual([]);
});

test("an answer that nobody should repeat is reported", async () => {
  gateway = await startFakeGateway((_call, _key, response) => problem(response, 422, "IDEMPOTENCY_KEY_REUSED"));
  const load = startSteadyLoad({ origin: gateway.origin, tokens: ["token"], perSecond: 100, runId: "run" });
  await vi.waitFor(() => expect(load.refused.length).toBeGreaterThan(0), patience);
  await load.finish(5_000);
  expect(load.accepted).toEqual([]);
  expect(load.refused[0]).toBe('422 {"code":"IDEMPOTENCY_KEY_REUSED"}');
});

test("orders that are never answered are given up after a while and counted", async () => {
  gateway = await startFakeGateway((_call, _key, response) => problem(response, 503, "UNAVAILABLE"));
  const load = startSteadyLoad({ origin: gateway.origin, tokens: ["token"], perSecond: 100, runId: "run" });
  await vi.waitFor(() => expect(Object.keys(load.retried)).toEqual(["503"]), patience);
  await load.finish(50);
  expect(load.unanswered).toBeGreaterThan(0);
  expect(load.accepted).toEqual([]);
});

test("a lap counts what happened since the last one, and orders that wait for their answer", async () => {
  let refuse = true;
  gateway = await startFakeGateway((_call, key, response) => {
    if (refuse) problem(response, 503, "UNAVAILABLE");
    else created(response, `order-of-${key}`);
  });
  const load = startSteadyLoad({ origin: gateway.origin, tokens: ["token"], perSecond: 100, runId: "run" });
  await vi.waitFor(() => expect(load.retried["503"] ?? 0).toBeGreaterThan(3), patience);
  const first = load.lap();
  expect(first.retriedAttempts).toBeGreaterThan(3);
  expect(first.slowestMs).toBeGreaterThan(0);
  refuse = false;
  await vi.waitFor(() => expect(load.accepted.length).toBeGreaterThan(3), patience);
  await load.finish(5_000);
  const second = load.lap();
  expect(first.retriedAttempts + second.retriedAttempts).toBe(load.retried["503"]);
  expect(load.slowestMs).toBe(second.slowestMs);
  expect(load.lap()).toEqual({ slowestMs: 0, retriedAttempts: 0 });
});
