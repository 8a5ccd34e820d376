// The gateway as it runs, on the real contracts, with services behind it that remember what they were asked.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InventoryService } from "@ordermesh/proto/inventory";
import { OrderService, OrderStatus, type PlaceOrderRequest } from "@ordermesh/proto/order";
import { createSigningKey, createTokenVerifier, issueToken } from "@ordermesh/runtime/auth";
import { ConfigError, formatHostPort, type HostPort } from "@ordermesh/runtime/config";
import { createLogger } from "@ordermesh/runtime/logging";
import { callerOf, defineRpcService, type RpcServer, startRpcServer } from "@ordermesh/runtime/rpc";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type RunningGateway, startGateway } from "./app.ts";
import { gatewayConfig } from "./config.ts";

const orderId = "0199d0c4-0000-8abc-8000-000000000001";
const anyPort: HostPort = { host: "127.0.0.1", port: 0 };
const logger = createLogger({ name: "test", instance: "test-1", level: "fatal" });
const placed: PlaceOrderRequest[] = [];

let directory: string;
let services: RpcServer;
let gateway: RunningGateway;
let token: string;

const money = (minorUnits: bigint) => ({ currencyCode: "EUR", minorUnits });

const orders = defineRpcService(OrderService, {
  placeOrder: (request, context) => {
    placed.push(request);
    const lines = request.lines.map(({ sku, quantity }) => ({ sku, quantity, unitPrice: money(1250n) }));
    const customerId = callerOf(context).subject;
    const time = { seconds: 1_800_000_000n };
    return {
      order: { id: orderId, status: OrderStatus.PENDING, customerId, lines, total: money(2500n), createTime: time },
    };
  },
  getOrder: ({ orderId: id }) => ({
    order: { id, status: OrderStatus.CANCELLED, cancellation: { reason: 3, detail: "asked" } },
  }),
  listOrders: ({ status, createdAfter, pageSize }) => ({
    nextPageToken: `${status} ${createdAfter?.seconds} ${pageSize}`,
  }),
  cancelOrder: ({ orderId: id, reason }) => ({ order: { id, clientReference: reason } }),
  shipOrder: () => ({}),
  deliverOrder: () => ({}),
  getOrderTimeline: () => ({}),
  lookupOrder: ({ clientReference }) => ({ order: { id: orderId, clientReference } }),
  watchOrder: async function* ({ orderId: id }) {
    yield { order: { id, status: OrderStatus.PENDING } };
    yield { order: { id, status: OrderStatus.DELIVERED } };
  },
});

const inventory = defineRpcService(InventoryService, {
  putItem: ({ sku, name, unitPrice }) => ({ item: { sku, name, ...(unitPrice ? { unitPrice } : {}) } }),
  getItem: () => ({}),
  listItems: () => ({}),
  batchGetItems: ({ skus }) => ({ missingSkus: skus }),
  adjustStock: ({ sku, delta }) => ({ item: { sku, available: delta } }),
  listReservations: () => ({}),
});

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "ordermesh-gateway-"));
  const jwksFile = join(directory, "jwks.json");
  const key = await createSigningKey();
  await writeFile(jwksFile, JSON.stringify(key.publicKeySet));
  const scope = "orders.read orders.write items.read items.write";
  token = await issueToken(key.privateJwk, { sub: "ada", scope, iss: "issuer", aud: "ordermesh" }, 60);
  services = await startRpcServer({
    services: [orders, inventory],
    grpc: anyPort,
    connect: anyPort,
    verifier: createTokenVerifier({ jwksFile, issuer: "issuer", audience: "ordermesh" }),
    logger,
    ready: () => true,
  });
  const address = formatHostPort(services.grpcAddress);
  const config = gatewayConfig({
    ORDERMESH_INSTANCE: "gateway-1",
    ORDERMESH_HTTP_LISTEN: "127.0.0.1:0",
    ORDERMESH_HEALTH_LISTEN: "127.0.0.1:0",
    ORDERMESH_ORDER_ADDRESS: address,
    ORDERMESH_PAYMENT_ADDRESS: address,
    ORDERMESH_INVENTORY_ADDRESS: address,
    ORDERMESH_NOTIFICATION_ADDRESS: address,
    ORDERMESH_JWKS_FILE: jwksFile,
    ORDERMESH_JWT_ISSUER: "issuer",
    ORDERMESH_JWT_AUDIENCE: "ordermesh",
  });
  gateway = await startGateway(config, logger);
});

afterAll(async () => {
  await gateway.stop();
  await services.stop(0);
  await rm(directory, { recursive: true, force: true });
});

beforeEach(() => {
  placed.length = 0;
});

async function call(path: string, init: { method?: string; body?: unknown; key?: string } = {}) {
  const { method = "GET", body, key } = init;
  const answer = await fetch(`http://${formatHostPort(gateway.address)}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(key === undefined ? {} : { "idempotency-key": key }),
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

const json = ({ text }: { text: string }): unknown => JSON.parse(text);

const order = {
  clientReference: "cart-17",
  currencyCode: "EUR",
  lines: [{ sku: "sku-0001", quantity: 2 }],
  paymentMethod: { token: "tok_approve" },
  contact: { email: "ada@example.com" },
};

describe("the contracts over REST", () => {
  it("POST /v1/orders answers 201 with Location and the order", async () => {
    const answer = await call("/v1/orders", { method: "POST", body: order, key: "k" });
    expect(answer.status).toBe(201);
    expect(answer.headers.get("location")).toBe(`/v1/orders/${orderId}`);
    expect(json(answer)).toEqual({
      id: orderId,
      status: "ORDER_STATUS_PENDING",
      customerId: "ada",
      clientReference: "",
      lines: [{ sku: "sku-0001", quantity: 2, unitPrice: { currencyCode: "EUR", minorUnits: "1250" } }],
      total: { currencyCode: "EUR", minorUnits: "2500" },
      createTime: "2027-01-15T08:00:00Z",
    });
    expect(placed).toMatchObject([{ clientReference: "cart-17", paymentMethod: { token: "tok_approve" } }]);
  });

  it("shows a cancellation only when there is one", async () => {
    const answer = await call(`/v1/orders/${orderId}`);
    expect(json(answer)).toMatchObject({
      cancellation: { reason: "CANCELLATION_REASON_REQUESTED", detail: "asked" },
    });
  });

  it("binds queries, verbs, paths beside bodies, and repeated parameters", async () => {
    const list = await call("/v1/orders?status=ORDER_STATUS_PENDING&createdAfter=2027-01-15T08:00:00Z&pageSize=5");
    expect(json(list)).toEqual({ orders: [], nextPageToken: "1 1800000000 5" });
    const found = await call("/v1/orders:lookup?clientReference=cart-17");
    expect(json(found)).toMatchObject({ id: orderId, clientReference: "cart-17" });
    const cancelled = await call(`/v1/orders/${orderId}:cancel`, { method: "POST", body: { reason: "late" } });
    expect(json(cancelled)).toMatchObject({ id: orderId, clientReference: "late" });
    const batch = await call("/v1/items:batchGet?skus=a&skus=b");
    expect(json(batch)).toEqual({ items: [], missingSkus: ["a", "b"] });
    const put = await call("/v1/items/mug-blue", {
      method: "PUT",
      body: { name: "Blue mug", unitPrice: { currencyCode: "EUR", minorUnits: "1250" } },
    });
    expect(json(put)).toMatchObject({ sku: "mug-blue", unitPrice: { minorUnits: "1250" } });
    const adjusted = await call("/v1/items/mug-blue:adjustStock", {
      method: "POST",
      body: { delta: "50", reason: "arrival" },
      key: "a",
    });
    expect(json(adjusted)).toMatchObject({ sku: "mug-blue", available: "50" });
  });

  it("GET /v1/orders/{id}:watch streams orders", async () => {
    const answer = await call(`/v1/orders/${orderId}:watch`);
    expect(
      answer.text
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as unknown),
    ).toMatchObject([{ status: "ORDER_STATUS_PENDING" }, { status: "ORDER_STATUS_DELIVERED" }]);
  });

  it.each([
    ["a negative quantity", { ...order, lines: [{ sku: "a", quantity: -1 }] }, "lines[0].quantity"],
    ["a quantity beyond int32", { ...order, lines: [{ sku: "a", quantity: 3_000_000_000 }] }, "lines[0].quantity"],
    ["no lines", { ...order, lines: [] }, "lines"],
    ["a misspelt field", { ...order, lines: [{ skuu: "a", quantity: 1 }] }, "lines[0].skuu"],
    ["no contact", { ...order, contact: undefined }, "contact"],
    ["a bad address", { ...order, contact: { email: "nobody" } }, "contact.email"],
    ["a customer of one's own choice", { ...order, customerId: "bob" }, "customerId"],
    ["a currency that is none", { ...order, currencyCode: "eur" }, "currencyCode"],
  ])("refuses %s before the service is asked", async (_name, body, field) => {
    const answer = await call("/v1/orders", { method: "POST", body, key: "k" });
    expect(answer.status).toBe(400);
    expect(json(answer)).toMatchObject({ code: "VALIDATION_FAILED", violations: [{ field }] });
    expect(placed).toEqual([]);
  });

  it("asks each method for the scope of its own policy", async () => {
    expect((await call(`/v1/orders/${orderId}/notifications`)).status).toBe(403);
    expect((await call(`/v1/orders/${orderId}/reservations`)).status).toBe(200);
  });

  it("serves liveness, readiness and metrics beside the API", async () => {
    const health = `http://${formatHostPort(gateway.healthAddress)}`;
    expect((await fetch(`${health}/livez`)).status).toBe(200);
    expect(await (await fetch(`${health}/readyz`)).json()).toMatchObject({ serving: true });
    const metrics = await (await fetch(`${health}/metrics`)).text();
    expect(metrics).toContain("ordermesh_gateway_rate_limited_total 0");
    expect(metrics).not.toContain("ordermesh_redis_up");
  });
});

describe("gatewayConfig", () => {
  it("reports all faults together", () => {
    try {
      gatewayConfig({ ORDERMESH_HTTP_LISTEN: "8080", ORDERMESH_MAX_BODY_BYTES: "-1", ORDERMESH_REDIS_URL: "http://a" });
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError);
      expect(String(error)).toContain('ORDERMESH_HTTP_LISTEN: given "8080", allowed host:port');
      expect(String(error)).toContain("ORDERMESH_MAX_BODY_BYTES: given");
      expect(String(error)).toContain("ORDERMESH_ORDER_ADDRESS: not set");
      expect(String(error)).toContain('ORDERMESH_REDIS_URL: given "http://a", allowed redis://');
    }
  });
});
