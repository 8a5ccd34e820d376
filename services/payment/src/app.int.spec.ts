// The whole service as processes run it: event log in, event log out, RPC beside it.
import { createClient } from "@connectrpc/connect";
import { OrderCancelledSchema, OrderConfirmedSchema, OrderPlacedSchema } from "@ordermesh/proto/order";
import { PaymentService, PaymentStatus } from "@ordermesh/proto/payment";
import { ordersTopic, paymentsTopic } from "@ordermesh/proto/topics";
import { formatHostPort, readConfig } from "@ordermesh/runtime/config";
import { type EventLog, openEventLog } from "@ordermesh/runtime/event-log";
import { createEventEncoder } from "@ordermesh/runtime/events";
import { newBucketedId } from "@ordermesh/runtime/ids";
import { createLogger } from "@ordermesh/runtime/logging";
import { createGrpcTransport } from "@ordermesh/runtime/rpc";
import type { ServedService } from "@ordermesh/runtime/service-host";
import {
  createTestDatabase,
  createTestIdentity,
  type TestDatabase,
  type TestIdentity,
} from "@ordermesh/runtime/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startPaymentService } from "./app.ts";
import { paymentConfig } from "./config.ts";

const logs: string[] = [];
const logger = createLogger({
  name: "payment",
  instance: "test",
  level: "trace",
  destination: { write: (line) => void logs.push(line) },
});
const encoder = createEventEncoder("/ordermesh/order");
const customerId = "ada";
const waiting = { timeout: 15_000, interval: 50 };

let own: TestDatabase;
let provider: TestDatabase;
let shared: TestDatabase;
let identity: TestIdentity;
let log: EventLog;
const running = new Set<ServedService>();

async function start(instance: string): Promise<ServedService> {
  const config = readConfig(paymentConfig, {
    ORDERMESH_INSTANCE: instance,
    ORDERMESH_GRPC_LISTEN: "127.0.0.1:0",
    ORDERMESH_CONNECT_LISTEN: "127.0.0.1:0",
    ORDERMESH_HEALTH_LISTEN: "127.0.0.1:0",
    ORDERMESH_DATABASE_URL: own.url,
    ORDERMESH_PROVIDER_DATABASE_URL: provider.url,
    ORDERMESH_PROVIDER_TIMEOUT_MS: "500",
    ORDERMESH_EVENT_LOG_URL: shared.url,
    ORDERMESH_JWKS_FILE: identity.jwksFile,
    ORDERMESH_JWT_ISSUER: identity.issuer,
    ORDERMESH_JWT_AUDIENCE: identity.audience,
  });
  const service = await startPaymentService(config, logger);
  running.add(service);
  return service;
}

async function stop(service: ServedService): Promise<void> {
  running.delete(service);
  await service.stop();
}

beforeAll(async () => {
  [own, provider, shared] = await Promise.all([
    createTestDatabase("payment_app"),
    createTestDatabase("payment_provider"),
    createTestDatabase("payment_log"),
  ]);
  identity = await createTestIdentity();
  log = await openEventLog({ url: shared.url, clientId: "spec", logger });
});

afterAll(async () => {
  await Promise.all([...running].map(stop));
  await log.close();
  await Promise.all([own.drop(), provider.drop(), shared.drop(), identity.remove()]);
});

const newOrderIds = (count: number) => Array.from({ length: count }, () => newBucketedId(customerId, Date.now()));
const metadataOf = (key: string) => ({ topic: ordersTopic, key, time: new Date(), correlationId: `for-${key}` });

function placed(orderId: string, paymentToken = "tok_approve") {
  const total = { currencyCode: "EUR", minorUnits: 1_250n };
  return encoder.encode(OrderPlacedSchema, { orderId, customerId, total, paymentToken }, metadataOf(orderId));
}
const confirmed = (orderId: string) =>
  encoder.encode(OrderConfirmedSchema, { orderId, customerId }, metadataOf(orderId));
const cancelled = (orderId: string) =>
  encoder.encode(OrderCancelledSchema, { orderId, customerId }, metadataOf(orderId));

/** What payment announced, by order, in the order of the log. */
async function announced(orderIds: readonly string[]): Promise<Record<string, string>> {
  const types: Record<string, string> = Object.fromEntries(orderIds.map((id) => [id, ""]));
  for await (const { key, headers } of log.read(paymentsTopic)) {
    if (key in types) types[key] += `${headers["ce_type"]?.split(".").at(-1)?.slice("Payment".length)} `;
  }
  return types;
}

function expectAnnounced(orderIds: readonly string[], expected: string) {
  return expect
    .poll(() => announced(orderIds), waiting)
    .toEqual(Object.fromEntries(orderIds.map((id) => [id, expected])));
}

async function clientOf(service: ServedService) {
  const transport = createGrpcTransport({ addresses: [formatHostPort(service.grpcAddress)], defaultTimeoutMs: 5_000 });
  const scopes = ["payments.read", "payments.refund", "customers.all"];
  const authorization = `Bearer ${await identity.token("ops", scopes)}`;
  return { client: createClient(PaymentService, transport), authorization, close: () => transport.close() };
}

describe("the payment service", () => {
  it("authorises, captures and refunds by what the log and its callers say", async () => {
    const service = await start("payment-1");
    const [orderId = ""] = newOrderIds(1);
    await log.append([placed(orderId)]);
    await expectAnnounced([orderId], "Authorized ");
    await log.append([confirmed(orderId)]);
    await expectAnnounced([orderId], "Authorized Captured ");

    const { client, authorization, close } = await clientOf(service);
    const { payments } = await client.listPayments({ orderId }, { headers: { authorization } });
    expect(payments).toMatchObject([{ status: PaymentStatus.CAPTURED, captured: { minorUnits: 1_250n } }]);
    const request = { paymentId: payments[0]?.id ?? "", amount: { currencyCode: "EUR", minorUnits: 250n } };
    const headers = { authorization, "idempotency-key": "refund-1" };
    const { payment } = await client.refundPayment(request, { headers });
    expect(payment).toMatchObject({ refunded: { minorUnits: 250n } });
    await expectAnnounced([orderId], "Authorized Captured Refunded ");
    await log.append([cancelled(orderId)]);
    await expectAnnounced([orderId], "Authorized Captured Refunded Refunded ");
    close();
    await stop(service);
  });

  it("carries the correlation id of the order to its events", async () => {
    const service = await start("payment-1");
    const [orderId = ""] = newOrderIds(1);
    await log.append([placed(orderId, "tok_decline")]);
    await expectAnnounced([orderId], "Declined ");
    for await (const { key, headers } of log.read(paymentsTopic)) {
      if (key === orderId) expect(headers["correlationid"]).toBe(`for-${orderId}`);
    }
    await stop(service);
  });

  it("shares the work between two processes, one of which comes and goes", async () => {
    const staying = await start("payment-1");
    const leaving = await start("payment-2");
    const orderIds = newOrderIds(150);
    await log.append(orderIds.map((orderId) => placed(orderId)));
    await stop(leaving);
    await expectAnnounced(orderIds, "Authorized ");
    const returning = await start("payment-2");
    await log.append(orderIds.map(confirmed));
    await expectAnnounced(orderIds, "Authorized Captured ");
    await stop(returning);
    await stop(staying);
  });

  it("leaves no token in its logs", () => {
    expect(logs.length).toBeGreaterThan(0);
    expect(logs.filter((line) => /tok_|eyJ/.test(line))).toEqual([]);
  });
});
