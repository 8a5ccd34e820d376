// The same service through three clients: a generated Connect client, a grpc-js client and plain HTTP.
import { randomUUID } from "node:crypto";
import { connect } from "node:http2";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { credentials, Client as GrpcClient, Metadata, type ServiceError } from "@grpc/grpc-js";
import { type ErrorInfo, ErrorInfoSchema, StatusSchema } from "@ordermesh/proto/google";
import { GetOrderRequestSchema, GetOrderResponseSchema, OrderService, type OrderStatus } from "@ordermesh/proto/order";
import { describe, expect, it } from "vitest";
import { call, newItem, placed, state } from "./client.ts";

const addresses = state.processes.find(({ service }) => service === "order");
if (!addresses?.grpc || !addresses.connect) throw new Error("the stack names no addresses of the order service");
const grpcAddress = addresses.grpc;
const connectUrl = `http://${addresses.connect}`;
const bearer = `Bearer ${state.customerToken}`;
const getOrderPath = "/ordermesh.order.v1.OrderService/GetOrder";

const connectClient = (useBinaryFormat: boolean) =>
  createClient(OrderService, createConnectTransport({ baseUrl: connectUrl, httpVersion: "1.1", useBinaryFormat }));

/** One unary call with grpc-js alone, as a client generated elsewhere would make it. */
function grpcGetOrder(orderId: string, authorization: string, deadlineMs = 5_000) {
  const client = new GrpcClient(grpcAddress, credentials.createInsecure());
  const metadata = new Metadata();
  metadata.set("authorization", authorization);
  return new Promise<ReturnType<typeof fromBinary<typeof GetOrderResponseSchema>>>((resolve, reject) => {
    client.makeUnaryRequest(
      getOrderPath,
      (id: string) =>
        Buffer.from(toBinary(GetOrderRequestSchema, { $typeName: "ordermesh.order.v1.GetOrderRequest", orderId: id })),
      (bytes) => fromBinary(GetOrderResponseSchema, bytes),
      orderId,
      metadata,
      { deadline: Date.now() + deadlineMs },
      (error, response) => {
        client.close();
        if (error) reject(error);
        else if (response) resolve(response);
      },
    );
  });
}

function grpcErrorInfo(error: ServiceError): ErrorInfo | undefined {
  const [bytes] = error.metadata.get("grpc-status-details-bin");
  if (!(bytes instanceof Buffer)) return undefined;
  for (const detail of fromBinary(StatusSchema, bytes).details) {
    const info = anyUnpack(detail, ErrorInfoSchema);
    if (info) return info;
  }
  return undefined;
}

describe("one service, three clients", () => {
  it("answers the same order to all of them", async () => {
    const id = await placed(await newItem(5));
    const headers = { authorization: bearer };
    const overJson = await connectClient(false).getOrder({ orderId: id }, { headers });
    const overBinary = await connectClient(true).getOrder({ orderId: id }, { headers });
    const overGrpc = await grpcGetOrder(id, bearer);
    expect(overJson.order?.id).toBe(id);
    expect(overBinary.order?.total).toEqual(overJson.order?.total);
    expect(overGrpc.order?.lines).toEqual(overJson.order?.lines);
    const plain = await fetch(`${connectUrl}${getOrderPath}`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: bearer },
      body: JSON.stringify({ orderId: id }),
    });
    expect(plain.status).toBe(200);
    expect(((await plain.json()) as { order: { id: string } }).order.id).toBe(id);
    expect((await call("GET", `/v1/orders/${id}`)).body.id).toBe(id);
  });

  it.each([
    ["an order that does not exist", randomUUID(), bearer, Code.NotFound, "ORDER_NOT_FOUND", 404],
    ["an id that is none", "17", bearer, Code.InvalidArgument, "VALIDATION_FAILED", 400],
    ["a bad token", randomUUID(), "Bearer nonsense", Code.Unauthenticated, "UNAUTHENTICATED", 401],
  ])("gives the same error for %s", async (_name, orderId, authorization, code, reason, httpStatus) => {
    const headers = { authorization };
    for (const binary of [true, false]) {
      const error = await connectClient(binary).getOrder({ orderId }, { headers }).catch(ConnectError.from);
      if (!(error instanceof ConnectError)) throw new Error("the call should have failed");
      expect(error.code).toBe(code);
      expect(error.findDetails(ErrorInfoSchema)[0]?.reason).toBe(reason);
    }
    const grpcError = await grpcGetOrder(orderId, authorization).then(
      () => {
        throw new Error("the call should have failed");
      },
      (error: ServiceError) => error,
    );
    expect(grpcError.code).toBe(code);
    expect(grpcErrorInfo(grpcError)?.reason).toBe(reason);
    const rest = await call("GET", `/v1/orders/${orderId}`, undefined, { token: authorization.slice(7) });
    expect(rest).toMatchObject({ status: httpStatus, body: { code: reason } });
  });

  it("sends gRPC errors as trailers-only responses, where a mesh sees them", async () => {
    const session = connect(`http://${grpcAddress}`);
    const stream = session.request({
      ":method": "POST",
      ":path": getOrderPath,
      "content-type": "application/grpc",
      te: "trailers",
      authorization: bearer,
    });
    const first = new Promise<{ headers: Record<string, unknown>; endStream: boolean }>((resolve, reject) => {
      stream.on("response", (headers, flags) => resolve({ headers, endStream: (flags & 1) === 1 }));
      stream.on("error", reject);
    });
    stream.end(Buffer.from([0, 0, 0, 0, 0]));
    const { headers, endStream } = await first;
    session.close();
    expect(headers["grpc-status"]).toBe(String(Code.InvalidArgument));
    expect(endStream).toBe(true);
  });

  it("honours the caller's deadline", async () => {
    const id = await placed(await newItem(5), 1, "tok_slow_500");
    const watch = async (): Promise<OrderStatus | undefined> => {
      let last: OrderStatus | undefined;
      const stream = connectClient(true).watchOrder(
        { orderId: id },
        { headers: { authorization: bearer }, timeoutMs: 200 },
      );
      for await (const { order } of stream) last = order?.status;
      return last;
    };
    await expect(watch()).rejects.toMatchObject({ code: Code.DeadlineExceeded });
  });
});

describe("watching an order", () => {
  it("streams every change until the order is final", async () => {
    const id = await placed(await newItem(0));
    const response = await fetch(`${state.gatewayUrl}/v1/orders/${id}:watch`, {
      headers: { authorization: bearer, accept: "application/x-ndjson" },
    });
    expect(response.status).toBe(200);
    const lines = (await response.text())
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.at(-1).status).toBe("ORDER_STATUS_CANCELLED");
  });

  it("speaks server-sent events when asked to", async () => {
    const id = await placed(await newItem(0));
    const response = await fetch(`${state.gatewayUrl}/v1/orders/${id}:watch`, {
      headers: { authorization: bearer, accept: "text/event-stream" },
    });
    expect(response.headers.get("content-type")).toContain("text/event-stream");
    expect(await response.text()).toContain('data: {"id":');
  });
});

describe("lists", () => {
  it("pages through a customer's orders, newest first", async () => {
    const sku = await newItem(50);
    const ids: string[] = [];
    for (let count = 0; count < 5; count++) ids.push(await placed(sku));
    const first = (await call("GET", "/v1/orders?pageSize=3")).body;
    const second = (await call("GET", `/v1/orders?pageSize=3&pageToken=${first.nextPageToken}`)).body;
    const listed = [...first.orders, ...second.orders].map(({ id }: { id: string }) => id);
    const times = [...first.orders, ...second.orders].map(({ createTime }: { createTime: string }) => createTime);
    expect(listed.slice(0, 5).sort()).toEqual(ids.sort());
    expect(times).toEqual([...times].sort().reverse());
    expect(
      (await call("GET", `/v1/orders?pageSize=4&status=ORDER_STATUS_SHIPPED&pageToken=${first.nextPageToken}`)).body
        .code,
    ).toBe("PAGE_TOKEN_INVALID");
  });

  it("answers several items at once and names those that are missing", async () => {
    const [a, b] = [await newItem(1), await newItem(2)];
    const { body } = await call("GET", `/v1/items:batchGet?skus=${a}&skus=${b}&skus=no-such-item`);
    expect(body.items.map(({ sku }: { sku: string }) => sku)).toEqual([a, b]);
    expect(body.missingSkus).toEqual(["no-such-item"]);
  });
});
