// The whole service as a process runs it: event log in, RPC out.
import { Code, createClient } from "@connectrpc/connect";
import { NotificationKind, NotificationService } from "@ordermesh/proto/notification";
import { OrderConfirmedSchema, OrderPlacedSchema } from "@ordermesh/proto/order";
import { ordersTopic } from "@ordermesh/proto/topics";
import { formatHostPort, readConfig, serviceConfig } from "@ordermesh/runtime/config";
import { type EventLog, openEventLog } from "@ordermesh/runtime/event-log";
import { createEventEncoder } from "@ordermesh/runtime/events";
import { newBucketedId } from "@ordermesh/runtime/ids";
import { createLogger } from "@ordermesh/runtime/logging";
import { createGrpcTransport, type GrpcTransport } from "@ordermesh/runtime/rpc";
import type { ServedService } from "@ordermesh/runtime/service-host";
import {
  createTestDatabase,
  createTestIdentity,
  type TestDatabase,
  type TestIdentity,
} from "@ordermesh/runtime/testing";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { startNotificationService } from "./app.ts";

const logger = createLogger({ name: "notification", instance: "test", level: "silent" });
const encoder = createEventEncoder("/ordermesh/order");
const customerId = "ada";

let own: TestDatabase;
let shared: TestDatabase;
let identity: TestIdentity;
let log: EventLog;
let service: ServedService;
let transport: GrpcTransport;

beforeAll(async () => {
  own = await createTestDatabase("notification_app");
  shared = await createTestDatabase("notification_log");
  identity = await createTestIdentity();
  log = await openEventLog({ url: shared.url, clientId: "spec", logger });
  const config = readConfig(serviceConfig, {
    ORDERMESH_INSTANCE: "notification-1",
    ORDERMESH_GRPC_LISTEN: "127.0.0.1:0",
    ORDERMESH_CONNECT_LISTEN: "127.0.0.1:0",
    ORDERMESH_HEALTH_LISTEN: "127.0.0.1:0",
    ORDERMESH_DATABASE_URL: own.url,
    ORDERMESH_EVENT_LOG_URL: shared.url,
    ORDERMESH_JWKS_FILE: identity.jwksFile,
    ORDERMESH_JWT_ISSUER: identity.issuer,
    ORDERMESH_JWT_AUDIENCE: identity.audience,
  });
  service = await startNotificationService(config, logger);
  transport = createGrpcTransport({ addresses: [formatHostPort(service.grpcAddress)], defaultTimeoutMs: 5_000 });
});

afterAll(async () => {
  transport.close();
  await service.stop();
  await log.close();
  await Promise.all([own.drop(), shared.drop(), identity.remove()]);
});

async function list(orderId: string, subject = customerId) {
  const authorization = `Bearer ${await identity.token(subject, ["notifications.read"])}`;
  const client = createClient(NotificationService, transport);
  return (await client.listNotifications({ orderId }, { headers: { authorization } })).notifications;
}

describe("the notification service", () => {
  it("turns the events of an order into delivered messages, once each, for its customer alone", async () => {
    const orderId = newBucketedId(customerId, Date.now());
    const metadata = { topic: ordersTopic, key: orderId, time: new Date() };
    const placed = encoder.encode(
      OrderPlacedSchema,
      { orderId, customerId, contactEmail: "ada@example.com" },
      metadata,
    );
    const confirmed = encoder.encode(OrderConfirmedSchema, { orderId, customerId }, metadata);
    await log.append([placed, placed, confirmed]);
    await vi.waitFor(async () => expect(await list(orderId)).toHaveLength(2), 10_000);
    const messages = await list(orderId);
    expect(messages.map(({ kind }) => kind)).toEqual([NotificationKind.ORDER_PLACED, NotificationKind.ORDER_CONFIRMED]);
    for (const message of messages) {
      expect(message).toMatchObject({ orderId, recipient: "a***@example.com" });
      expect(message.deliverTime).toBeDefined();
    }
    await expect(list(orderId, "bob")).rejects.toMatchObject({ code: Code.NotFound });
  });

  it("tells how far it is behind", async () => {
    await vi.waitFor(async () => {
      const text = await (await fetch(`http://${formatHostPort(service.healthAddress)}/metrics`)).text();
      expect(text).toContain(`ordermesh_consumer_lag_records{group="notification",topic="${ordersTopic}"} 0`);
      expect(text).toContain("ordermesh_event_log_up 1");
    }, 10_000);
  });
});
