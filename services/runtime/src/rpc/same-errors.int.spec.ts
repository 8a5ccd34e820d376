import { ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { BadRequestSchema, RetryInfoSchema } from "@ordermesh/proto/google";
import { OrderService } from "@ordermesh/proto/order";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { errorCodeOf, errorInfoOf } from "../errors/index.ts";
import { createGrpcTransport, type GrpcTransport } from "./grpc-transport.ts";
import { orderId, startTestServer, type TestServer } from "./test-server.ts";

let server: TestServer;
let grpc: GrpcTransport;
const transports: Record<string, () => Transport> = {
  "gRPC over grpc-js": () => grpc,
  "Connect JSON": () => createConnectTransport({ baseUrl: server.connectUrl, httpVersion: "1.1" }),
  "Connect binary": () =>
    createConnectTransport({ baseUrl: server.connectUrl, httpVersion: "1.1", useBinaryFormat: true }),
};

beforeAll(async () => {
  server = await startTestServer();
  grpc = createGrpcTransport({ addresses: [server.grpc], defaultTimeoutMs: 5000 });
});
afterAll(async () => {
  grpc.close();
  await server.stop();
});

const order = {
  clientReference: "cart-17",
  currencyCode: "EUR",
  lines: [{ sku: "sku-0001", quantity: 2 }],
  paymentMethod: { token: "tok_approve" },
  contact: { email: "ada@example.com" },
};

async function failure(call: Promise<unknown>): Promise<ConnectError> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ConnectError);
  return error as ConnectError;
}

const summary = (error: ConnectError) => ({
  status: error.code,
  code: errorCodeOf(error),
  domain: errorInfoOf(error)?.domain,
  metadata: errorInfoOf(error)?.metadata,
  message: error.rawMessage,
  correlationId: error.metadata.get("x-correlation-id"),
});

describe.each(Object.keys(transports))("over %s", (name) => {
  const client = () => createClient(OrderService, transports[name]?.() as Transport);
  const headers = (more: Record<string, string> = {}) => ({
    authorization: server.bearer,
    "x-correlation-id": "corr-1",
    ...more,
  });

  test("a call gets its message, headers and trailers, and the handler the caller, key and correlation id", async () => {
    const seen: Record<string, string | null> = {};
    const response = await client().placeOrder(order, {
      headers: headers({ "idempotency-key": "key-1" }),
      onHeader: (header) => {
        seen["replayed"] = header.get("idempotency-replayed");
        seen["correlation"] = header.get("x-correlation-id");
      },
      onTrailer: (trailer) => {
        seen["servedBy"] = trailer.get("x-served-by");
      },
    });
    expect(response.order).toMatchObject({ customerId: "ada", clientReference: "cart-17/key-1/corr-1" });
    expect(seen).toEqual({ replayed: "true", correlation: "corr-1", servedBy: "test-1" });
  });

  test("a correlation id is created when none is sent", async () => {
    let created: string | null = null;
    await client().placeOrder(order, {
      headers: { authorization: server.bearer, "idempotency-key": "k" },
      onHeader: (header) => {
        created = header.get("x-correlation-id");
      },
    });
    expect(created).toMatch(/^[0-9a-f-]{36}$/);
  });

  test("a domain error arrives with its status, code, metadata and message", async () => {
    const error = await failure(client().getOrder({ orderId }, { headers: headers() }));
    expect(summary(error)).toEqual({
      status: 5,
      code: "TEST_ORDER_NOT_FOUND",
      domain: "ordermesh",
      metadata: { order_id: orderId },
      message: `no order ${orderId} – für dich`,
      correlationId: "corr-1",
    });
  });

  test("an HTTP status override and a retry delay arrive as details", async () => {
    const error = await failure(client().deliverOrder({ orderId }, { headers: headers() }));
    expect(summary(error)).toMatchObject({ status: 9, code: "TEST_KEY_REUSED", metadata: { http_status: "422" } });
    expect(error.findDetails(RetryInfoSchema)[0]?.retryDelay).toMatchObject({ seconds: 1n, nanos: 500_000_000 });
  });

  test("an error without details gets the name of its status as code", async () => {
    const error = await failure(client().getOrderTimeline({ orderId }, { headers: headers() }));
    expect(summary(error)).toMatchObject({ status: 14, code: "UNAVAILABLE", message: "inventory is away" });
  });

  test("an unexpected fault tells the caller nothing and the log once", async () => {
    server.logged.length = 0;
    const error = await failure(client().listOrders({}, { headers: headers() }));
    expect(summary(error)).toMatchObject({ status: 13, code: "INTERNAL", message: "internal error" });
    expect(server.logged).toHaveLength(1);
    expect(JSON.parse(server.logged[0] ?? "")).toMatchObject({
      level: "error",
      method: "ordermesh.order.v1.OrderService/ListOrders",
      correlationId: "corr-1",
    });
  });

  test.each([
    ["no token", {}, "authorization: given nothing"],
    ["another scheme", { authorization: "Basic YTpi" }, "given another scheme"],
    ["a token that is none", { authorization: "Bearer nonsense" }, "not a signed JSON Web Token"],
  ])("%s is UNAUTHENTICATED", async (_title, sent, message) => {
    const error = await failure(client().getOrder({ orderId }, { headers: sent }));
    expect(summary(error)).toMatchObject({ status: 16, code: "UNAUTHENTICATED" });
    expect(error.rawMessage).toContain(message);
  });

  test("a token without the method's scope is PERMISSION_DENIED and names it", async () => {
    const authorization = `Bearer ${await server.token("orders.read")}`;
    const error = await failure(client().cancelOrder({ orderId }, { headers: { authorization } }));
    expect(summary(error)).toMatchObject({ status: 7, code: "PERMISSION_DENIED", metadata: { scope: "orders.write" } });
  });

  test.each([
    ["no idempotency key", {}, "IDEMPOTENCY_KEY_REQUIRED"],
    ["a key with a space", { "idempotency-key": "a b" }, "IDEMPOTENCY_KEY_INVALID"],
    ["a key of 256 characters", { "idempotency-key": "k".repeat(256) }, "IDEMPOTENCY_KEY_INVALID"],
  ])("%s is refused where the method is not idempotent", async (_title, sent, code) => {
    const error = await failure(client().placeOrder(order, { headers: headers(sent) }));
    expect(summary(error)).toMatchObject({ status: 3, code });
  });

  test("a broken rule names the field, what was given and what is allowed", async () => {
    const bad = { ...order, lines: [{ sku: "sku-0001", quantity: -1 }], contact: { email: "nobody" } };
    const error = await failure(client().placeOrder(bad, { headers: headers({ "idempotency-key": "k" }) }));
    expect(summary(error)).toMatchObject({ status: 3, code: "VALIDATION_FAILED" });
    const violations = error.findDetails(BadRequestSchema)[0]?.fieldViolations;
    expect(violations?.map(({ field, description, reason }) => ({ field, description, reason }))).toEqual([
      {
        field: "lines[0].quantity",
        description: expect.stringMatching(/greater than or equal to 1.*\(given -1\)/),
        reason: expect.stringContaining("int32.gte"),
      },
      { field: "contact.email", description: expect.stringContaining('(given "nobody")'), reason: "string.email" },
    ]);
  });

  test("very many violations still fit the response", async () => {
    const lines = Array.from({ length: 101 }, () => ({ sku: `Ü${"x".repeat(200)}`, quantity: 0 }));
    const error = await failure(
      client().placeOrder({ ...order, lines }, { headers: headers({ "idempotency-key": "k" }) }),
    );
    expect(summary(error)).toMatchObject({ status: 3, code: "VALIDATION_FAILED" });
    expect(error.findDetails(BadRequestSchema)[0]?.fieldViolations).toHaveLength(20);
    expect(error.rawMessage).toContain("more not listed");
  });

  test("the deadline aborts the handler and the caller gets DEADLINE_EXCEEDED", async () => {
    server.probe.aborted.length = 0;
    const error = await failure(client().cancelOrder({ orderId }, { headers: headers(), timeoutMs: 60 }));
    expect(summary(error)).toMatchObject({ status: 4, code: "DEADLINE_EXCEEDED" });
    await expect.poll(() => server.probe.aborted.length).toBe(1);
  });

  test("a caller that gives up aborts the handler", async () => {
    server.probe.aborted.length = 0;
    server.probe.entered = 0;
    const abort = new AbortController();
    const call = failure(client().cancelOrder({ orderId }, { headers: headers(), signal: abort.signal }));
    await expect.poll(() => server.probe.entered).toBe(1);
    abort.abort();
    expect((await call).code).toBe(1);
    await expect.poll(() => server.probe.aborted.length).toBe(1);
  });

  test("a stream yields its messages and is cancelled when the caller leaves", async () => {
    server.probe.streamsEnded = 0;
    const seen: (number | undefined)[] = [];
    const leave = new AbortController();
    const options = { headers: headers(), signal: leave.signal };
    const watching = (async () => {
      for await (const { order: state } of client().watchOrder({ orderId }, options)) {
        if (seen.push(state?.status) === 2) leave.abort();
      }
    })();
    expect((await failure(watching)).code).toBe(1);
    expect(seen).toEqual([1, 2]);
    await expect.poll(() => server.probe.streamsEnded).toBe(1);
  });

  test("a stream that fails before its first message gives the error", async () => {
    const other = "01890a5d-ac96-874b-8c3f-0242ac120003";
    const stream = client().watchOrder({ orderId: other }, { headers: headers() });
    const error = await failure(stream[Symbol.asyncIterator]().next());
    expect(summary(error)).toMatchObject({ status: 5, code: "TEST_ORDER_NOT_FOUND", correlationId: "corr-1" });
  });
});
