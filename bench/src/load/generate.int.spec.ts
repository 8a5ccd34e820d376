import { afterEach, expect, test } from "vitest";
import { created, type FakeGateway, problem, startFakeGateway } from "../testing/fake-gateway.ts";
import { generate } from "./generate.ts";
import { createBodyMaker, seededSkus } from "./order-request.ts";

let gateway: FakeGateway | undefined;
afterEach(() => gateway?.close());

const run = {
  tokens: ["ada", "bob"],
  runId: "run-1",
  makeBody: createBodyMaker({ runId: "run-1", lines: 2, skus: seededSkus }),
};

test("a closed loop keeps every client busy and gives each order a key of its own", async () => {
  gateway = await startFakeGateway((call, _key, response) => created(response, `order-${call}`));
  const result = await generate({ ...run, origin: gateway.origin, clients: 4, seconds: 0.3 });
  expect(result.accepted).toBe(gateway.calls.length);
  expect(result.accepted).toBeGreaterThan(4);
  expect(result.acceptedInWindow).toBeLessThanOrEqual(result.accepted);
  expect(result.latencyUs.totalCount).toBe(result.accepted);
  expect(new Set(gateway.calls.map(({ key }) => key)).size).toBe(result.accepted);
  expect(result.errors).toEqual({});
});

test("an open loop sends at its rate, not as fast as it can", async () => {
  gateway = await startFakeGateway((call, _key, response) => created(response, `order-${call}`));
  const result = await generate({ ...run, origin: gateway.origin, clients: 8, seconds: 0.5, rate: 100 });
  expect(result.accepted).toBeGreaterThanOrEqual(10);
  expect(result.accepted).toBeLessThanOrEqual(51);
});

test("waiting for an idle client counts as latency in an open loop", async () => {
  gateway = await startFakeGateway((call, _key, response) => {
    setTimeout(() => created(response, `order-${call}`), 100);
  });
  const result = await generate({ ...run, origin: gateway.origin, clients: 1, seconds: 0.6, rate: 50 });
  expect(result.accepted).toBeLessThanOrEqual(7);
  expect(result.latencyUs.maxValue).toBeGreaterThan(250_000);
});

test("errors are counted by problem code, by status and by connection fault", async () => {
  gateway = await startFakeGateway((call, _key, response) => {
    if (call === 1) problem(response, 503, "PRICES_UNAVAILABLE");
    else if (call === 2) response.writeHead(500).end("oops");
    else if (call === 3) response.destroy();
    else created(response, `order-${call}`);
  });
  const result = await generate({ ...run, origin: gateway.origin, clients: 1, seconds: 2 });
  expect(result.errors).toEqual({ PRICES_UNAVAILABLE: 1, HTTP_500: 1, UND_ERR_SOCKET: 1 });
  expect(result.accepted).toBe(gateway.calls.length - 3);
});
