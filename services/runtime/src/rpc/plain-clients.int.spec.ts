import { fromBinary } from "@bufbuild/protobuf";
import { Client, credentials, Metadata, type ServiceError } from "@grpc/grpc-js";
import { ErrorInfoSchema, StatusSchema } from "@ordermesh/proto/google";
import { type GetOrderResponse, OrderService } from "@ordermesh/proto/order";
import { afterAll, beforeAll, expect, test } from "vitest";
import { methodDefinition } from "./method-definition.ts";
import { orderId, startTestServer, type TestServer } from "./test-server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

const post = (method: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(`${server.connectUrl}/ordermesh.order.v1.OrderService/${method}`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: server.bearer, ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

test("plain HTTP with JSON gets the response", async () => {
  server.probe.gate.resolve();
  const response = await post("ShipOrder", { orderId, carrier: "dhl" });
  expect(response.status).toBe(200);
});

test("plain HTTP with JSON gets the same code and details as gRPC", async () => {
  const response = await post("GetOrder", { orderId }, { "x-correlation-id": "corr-2" });
  expect(response.status).toBe(404);
  expect(response.headers.get("x-correlation-id")).toBe("corr-2");
  const error = (await response.json()) as {
    code: string;
    message: string;
    details: { type: string; value: string }[];
  };
  expect(error).toMatchObject({ code: "not_found", message: `no order ${orderId} – für dich` });
  const info = fromBinary(ErrorInfoSchema, Buffer.from(error.details[0]?.value ?? "", "base64"));
  expect(info).toMatchObject({ reason: "TEST_ORDER_NOT_FOUND", domain: "ordermesh" });

  const raw = await grpcFailure();
  expect(raw.code).toBe(5);
  expect(raw.details).toBe(error.message);
  const [encoded] = raw.metadata.get("grpc-status-details-bin");
  const status = fromBinary(StatusSchema, encoded as Buffer);
  expect(fromBinary(ErrorInfoSchema, status.details[0]?.value ?? new Uint8Array())).toEqual(info);
});

test("a query over HTTP GET works for methods without side effects", async () => {
  const message = encodeURIComponent(JSON.stringify({ orderId }));
  const url = `${server.connectUrl}/ordermesh.order.v1.OrderService/GetOrder?connect=v1&encoding=json&message=${message}`;
  const response = await fetch(url, { headers: { authorization: server.bearer } });
  expect(response.status).toBe(404);
});

test.each([
  ["malformed JSON", "{"],
  ["a wrong type", { orderId: 7 }],
  ["a JSON array", "[]"],
])("%s is invalid_argument", async (_title, body) => {
  const response = await post("GetOrder", body);
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ code: "invalid_argument" });
});

test("a body of more than 4 MiB is refused", async () => {
  const response = await post("GetOrder", { orderId: "x".repeat(4 * 1024 * 1024) });
  expect(response.status).toBe(429);
});

/** A call with grpc-js as anyone would use it. */
function grpcFailure(): Promise<ServiceError> {
  const client = new Client(server.grpc, credentials.createInsecure());
  const metadata = new Metadata();
  metadata.set("authorization", server.bearer);
  const { path, requestSerialize, responseDeserialize } = methodDefinition(OrderService.method.getOrder);
  const request = { $typeName: "ordermesh.order.v1.GetOrderRequest", orderId };
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, metadata, (error, response) => {
      client.close();
      if (error) resolve(error);
      else reject(new Error(`expected a failure, got ${(response as GetOrderResponse).order?.id}`));
    });
  });
}
