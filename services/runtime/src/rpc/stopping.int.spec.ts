import { createServer } from "node:net";
import { type ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { OrderService } from "@ordermesh/proto/order";
import { afterEach, beforeEach, expect, test } from "vitest";
import { errorCodeOf } from "../errors/index.ts";
import { createGrpcTransport, type GrpcTransport } from "./grpc-transport.ts";
import { orderId, startTestServer, type TestServer } from "./test-server.ts";

let server: TestServer;
let grpc: GrpcTransport;
beforeEach(async () => {
  server = await startTestServer();
  grpc = createGrpcTransport({ addresses: [server.grpc], defaultTimeoutMs: 5000 });
});
afterEach(async () => {
  grpc.close();
  await server.stop();
});

const headers = () => ({ authorization: server.bearer });
const connectTransport = () => createConnectTransport({ baseUrl: server.connectUrl, httpVersion: "1.1" });

test("stop lets unary calls finish and takes no new ones", async () => {
  const inFlight = [grpc, connectTransport()].map((transport) =>
    createClient(OrderService, transport).shipOrder({ orderId }, { headers: headers() }),
  );
  await expect.poll(() => server.probe.entered).toBe(2);
  let stopped = false;
  const stopping = server.server.stop(5000).then(() => {
    stopped = true;
  });
  const late = createGrpcTransport({ addresses: [server.grpc], defaultTimeoutMs: 5000 });
  const refused = createClient(OrderService, late).getOrder({ orderId }, { headers: headers() });
  await expect(refused).rejects.toMatchObject({ code: 14 });
  late.close();
  expect(stopped).toBe(false);
  server.probe.gate.resolve();
  for (const call of inFlight) expect((await call).order?.id).toBe(orderId);
  await stopping;
});

test.each(["gRPC", "Connect"])("stop ends streams over %s with UNAVAILABLE at once", async (protocol) => {
  const client = createClient(OrderService, protocol === "gRPC" ? grpc : connectTransport());
  let seen = 0;
  const watching = (async () => {
    for await (const _state of client.watchOrder({ orderId }, { headers: headers() })) seen += 1;
  })();
  const ended = watching.catch((error: ConnectError) => error);
  await expect.poll(() => seen).toBe(2);
  await server.server.stop(5000);
  const error = await ended;
  expect(error).toMatchObject({ code: 14 });
  expect(errorCodeOf(error as ConnectError)).toBe("UNAVAILABLE");
  expect(server.probe.streamsEnded).toBe(1);
});

test("stop cuts what does not finish within the grace", async () => {
  const call = createClient(OrderService, grpc).shipOrder({ orderId }, { headers: headers() });
  const failed = call.catch((error: ConnectError) => error);
  await expect.poll(() => server.probe.entered).toBe(1);
  await server.server.stop(100);
  expect(await failed).toMatchObject({ code: expect.toBeOneOf([1, 14]) });
});

test("a taken port rejects and names the address", async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  const { port } = taken.address() as { port: number };
  await expect(startTestServer({ listen: { host: "127.0.0.1", port } })).rejects.toThrow(
    `cannot listen on 127.0.0.1:${port}`,
  );
  taken.close();
});
