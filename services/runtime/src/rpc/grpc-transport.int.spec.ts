import { type Client, type ConnectError, createClient } from "@connectrpc/connect";
import { OrderService } from "@ordermesh/proto/order";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseHostPort } from "../config/index.ts";
import { createGrpcTransport, type GrpcTransport } from "./grpc-transport.ts";
import { orderId, startTestServer, type TestServer } from "./test-server.ts";

let first: TestServer;
let second: TestServer;
let transport: GrpcTransport;
let client: Client<typeof OrderService>;

beforeEach(async () => {
  first = await startTestServer();
  second = await startTestServer({ signWith: first });
  for (const server of [first, second]) server.probe.gate.resolve();
  transport = createGrpcTransport({ addresses: [first.grpc, second.grpc], defaultTimeoutMs: 5000 });
  client = createClient(OrderService, transport);
});
afterEach(async () => {
  transport.close();
  await Promise.all([first.stop(), second.stop()]);
});

const ship = () => client.shipOrder({ orderId }, { headers: { authorization: first.bearer } });

test("calls go to all replicas in turn", async () => {
  await expect
    .poll(async () => {
      first.probe.entered = 0;
      second.probe.entered = 0;
      for (let call = 0; call < 10; call += 1) await ship();
      return [first.probe.entered, second.probe.entered];
    })
    .toEqual([5, 5]);
});

test("when one replica goes, the other takes its calls, and when it returns it is used again within seconds", async () => {
  await ship();
  const listen = parseHostPort(first.grpc);
  if (!listen) throw new Error("the test server has an address");
  await first.server.stop(1000);
  for (let call = 0; call < 10; call += 1) await ship();
  const restarted = await startTestServer({ listen, signWith: first });
  restarted.probe.gate.resolve();
  await expect
    .poll(async () => {
      await ship();
      return restarted.probe.entered;
    })
    .toBeGreaterThan(0);
  await restarted.stop();
});

test("without any replica a call fails at once with UNAVAILABLE, and works again when one is back", async () => {
  const listen = parseHostPort(first.grpc);
  if (!listen) throw new Error("the test server has an address");
  await Promise.all([first.server.stop(1000), second.server.stop(1000)]);
  await expect.poll(() => ship().catch((error: ConnectError) => error.code)).toBe(14);
  const started = performance.now();
  await expect(ship()).rejects.toMatchObject({ code: 14 });
  expect(performance.now() - started).toBeLessThan(1000);
  const restarted = await startTestServer({ listen, signWith: first });
  restarted.probe.gate.resolve();
  await transport.waitForReady(5000);
  expect((await ship()).order?.id).toBe(orderId);
  await restarted.stop();
});

test("waitForReady rejects with UNAVAILABLE when nobody listens", async () => {
  const nobody = createGrpcTransport({ addresses: ["127.0.0.1:1"], defaultTimeoutMs: 100 });
  await expect(nobody.waitForReady(200)).rejects.toMatchObject({ code: 14 });
  nobody.close();
});

test("a call whose signal is aborted already is not sent", async () => {
  const call = client.shipOrder(
    { orderId },
    { headers: { authorization: first.bearer }, signal: AbortSignal.abort(new Error("gone")) },
  );
  await expect(call).rejects.toMatchObject({ code: 1 });
  expect(first.probe.entered + second.probe.entered).toBe(0);
});
