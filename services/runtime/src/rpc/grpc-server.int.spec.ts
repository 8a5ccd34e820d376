import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from "node:http2";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { ErrorInfoSchema, StatusSchema } from "@ordermesh/proto/google";
import { GetOrderRequestSchema, PlaceOrderRequestSchema } from "@ordermesh/proto/order";
import { afterAll, beforeAll, expect, test } from "vitest";
import { orderId, startTestServer, type TestServer } from "./test-server.ts";

let server: TestServer;
let session: ClientHttp2Session;

beforeAll(async () => {
  server = await startTestServer();
  session = connect(`http://${server.grpc}`);
});
afterAll(async () => {
  session.close();
  await server.stop();
});

interface RawAnswer {
  headers: IncomingHttpHeaders;
  /** The first HEADERS frame carried END_STREAM: the answer is trailers-only. */
  endedWithHeaders: boolean;
  trailers: IncomingHttpHeaders | undefined;
}

const endStreamFlag = 0x01;

function call(method: string, body: Uint8Array, headers: Record<string, string> = {}): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ":method": "POST",
      ":path": `/ordermesh.order.v1.OrderService/${method}`,
      "content-type": "application/grpc",
      te: "trailers",
      authorization: server.bearer,
      ...headers,
    });
    const answer: RawAnswer = { headers: {}, endedWithHeaders: false, trailers: undefined };
    stream.on("response", (received, flags) => {
      answer.headers = received;
      answer.endedWithHeaders = (flags & endStreamFlag) !== 0;
    });
    stream.on("trailers", (received) => {
      answer.trailers = received;
    });
    stream.on("error", reject);
    stream.on("close", () => resolve(answer));
    stream.resume();
    const frame = Buffer.alloc(5 + body.length);
    frame.writeUInt32BE(body.length, 1);
    frame.set(body, 5);
    stream.end(frame);
  });
}

const request = (id: string): Uint8Array =>
  toBinary(GetOrderRequestSchema, create(GetOrderRequestSchema, { orderId: id }));

test.each([
  ["a domain error", "GetOrder", request(orderId), {}, "5"],
  ["a request that breaks a rule", "GetOrder", request("no id"), {}, "3"],
  ["a request that does not decode", "GetOrder", Buffer.from([0xff, 0xff]), {}, "3"],
  ["a bad token", "GetOrder", request(orderId), { authorization: "Bearer x" }, "16"],
  ["a fault of the server", "ListOrders", Buffer.alloc(0), {}, "13"],
  ["UNAVAILABLE", "GetOrderTimeline", request(orderId), {}, "14"],
  ["a deadline that passes", "CancelOrder", request(orderId), { "grpc-timeout": "50m" }, "4"],
  ["a stream that fails at once", "WatchOrder", request("no id"), {}, "3"],
  ["a method that does not exist", "Nonsense", request(orderId), {}, "12"],
])("%s is answered trailers-only, so that a mesh sees the status", async (_title, method, body, headers, status) => {
  const answer = await call(method, body, headers);
  expect(answer.headers).toMatchObject({ ":status": 200, "grpc-status": status });
  expect(answer.endedWithHeaders).toBe(true);
  expect(answer.trailers).toBeUndefined();
});

test("the details travel in grpc-status-details-bin", async () => {
  const { headers } = await call("GetOrder", request(orderId), { "x-correlation-id": "corr-9" });
  const encoded = String(headers["grpc-status-details-bin"]);
  const status = fromBinary(StatusSchema, Buffer.from(encoded, "base64"));
  expect(status).toMatchObject({ code: 5, message: `no order ${orderId} – für dich` });
  expect(status.details[0]?.typeUrl).toBe("type.googleapis.com/google.rpc.ErrorInfo");
  const info = fromBinary(ErrorInfoSchema, status.details[0]?.value ?? new Uint8Array());
  expect(info).toMatchObject({ reason: "TEST_ORDER_NOT_FOUND", domain: "ordermesh" });
  expect(headers["x-correlation-id"]).toBe("corr-9");
});

test.each(["too much", "bad header"])(
  "a response that cannot be sent (%s) is an INTERNAL fault, logged",
  async (name) => {
    server.logged.length = 0;
    const order = create(PlaceOrderRequestSchema, {
      clientReference: name,
      currencyCode: "EUR",
      lines: [{ sku: "sku-0001", quantity: 1 }],
      paymentMethod: { token: "tok_approve" },
      contact: { email: "ada@example.com" },
    });
    const answer = await call("PlaceOrder", toBinary(PlaceOrderRequestSchema, order), { "idempotency-key": "k" });
    expect(answer.headers["grpc-status"]).toBe("13");
    expect(answer.endedWithHeaders).toBe(true);
    expect(server.logged).toHaveLength(1);
  },
);

test("a deadline that has passed before the call starts is DEADLINE_EXCEEDED without running the handler", async () => {
  server.probe.entered = 0;
  const { headers } = await call("CancelOrder", request(orderId), { "grpc-timeout": "0m" });
  expect(headers["grpc-status"]).toBe("4");
  expect(server.probe.entered).toBe(0);
});

test("a message of more than 4 MiB is refused", async () => {
  const { headers } = await call("GetOrder", Buffer.alloc(4 * 1024 * 1024 + 1));
  expect(headers["grpc-status"]).toBe("8");
});
