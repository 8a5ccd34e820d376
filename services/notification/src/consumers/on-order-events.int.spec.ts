import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { ListNotificationsRequestSchema, NotificationKind, NotificationService } from "@ordermesh/proto/notification";
import {
  OrderCancelledSchema,
  OrderConfirmedSchema,
  OrderDeliveredSchema,
  OrderPlacedSchema,
  OrderShippedSchema,
} from "@ordermesh/proto/order";
import { createCaller } from "@ordermesh/runtime/auth";
import { type Database, keyedPlans, migrate, openDatabase } from "@ordermesh/runtime/database";
import type { Event } from "@ordermesh/runtime/events";
import { newBucketedId, newEventId } from "@ordermesh/runtime/ids";
import { createLogger } from "@ordermesh/runtime/logging";
import { createCallContext } from "@ordermesh/runtime/rpc";
import { createTestDatabase, fixedClock, type TestDatabase } from "@ordermesh/runtime/testing";
import { PrismaPg } from "@prisma/adapter-pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { migrations } from "../app.ts";
import type { NotificationSender } from "../delivery/notification-sender.ts";
import type { Notification } from "../domain/notification.ts";
import { notificationService } from "../rpc/notification-service.ts";
import { PrismaClient } from "../store/prisma/client.ts";
import { onOrderEvents } from "./on-order-events.ts";
import type { OrderMessage } from "./order-notification.ts";

const logger = createLogger({ name: "notification", instance: "test", level: "silent" });
const clock = fixedClock("2026-03-01T10:00:00.000Z");
const ada = createCaller("ada", "notifications.read");
const operator = createCaller("ops", "notifications.read customers.all");

let testDatabase: TestDatabase;
let database: Database;
let prisma: PrismaClient;

beforeAll(async () => {
  testDatabase = await createTestDatabase("notification");
  await migrate({ url: testDatabase.url, directory: migrations, logger });
  database = openDatabase({ url: testDatabase.url, name: "notification", logger, settings: keyedPlans });
  prisma = new PrismaClient({ adapter: new PrismaPg(database.pool) });
});

afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

beforeEach(async () => {
  await database.pool.query("TRUNCATE notification");
});

function recordingSender(timing: NotificationSender["timing"]): NotificationSender & { batches: Notification[][] } {
  const batches: Notification[][] = [];
  return {
    timing,
    batches,
    async deliver(notifications) {
      batches.push([...notifications]);
      return notifications.map(({ id }) => ({ id, delivered: true }));
    },
  };
}

function event(message: OrderMessage): Event<OrderMessage> {
  const position = { topic: "ordermesh.orders.v1", partition: 0, offset: 0n, appendTime: clock.date() };
  const record = { ...position, key: message.orderId, headers: {}, value: new Uint8Array() };
  return { id: newEventId(), type: message.$typeName, key: message.orderId, time: clock.date(), message, record };
}

const customerId = "ada";
const newOrderId = () => newBucketedId(customerId, clock.now());
const placed = (orderId: string) =>
  event(create(OrderPlacedSchema, { orderId, customerId, contactEmail: "ada@example.com" }));
const confirmed = (orderId: string) => event(create(OrderConfirmedSchema, { orderId, customerId }));
const cancelled = (orderId: string) => event(create(OrderCancelledSchema, { orderId, customerId }));
const shipped = (orderId: string) => event(create(OrderShippedSchema, { orderId, customerId }));
const delivered = (orderId: string) => event(create(OrderDeliveredSchema, { orderId, customerId }));

async function apply(sender: NotificationSender, ...events: Event<OrderMessage>[]): Promise<void> {
  const hooks: (() => void | Promise<void>)[] = [];
  const { signal } = new AbortController();
  const handler = onOrderEvents({ sender, now: clock.date });
  await database.transaction((tx) =>
    handler.apply(events, tx, { emit: () => undefined, afterCommit: (hook) => void hooks.push(hook), signal }),
  );
  for (const hook of hooks) await hook();
}

async function list(orderId: string, caller = ada) {
  const context = createCallContext(NotificationService.method.listNotifications, { caller });
  const request = create(ListNotificationsRequestSchema, { orderId });
  const { notifications = [] } = await notificationService(prisma).listNotifications(request, context);
  return notifications;
}

describe("order events", () => {
  it("become one message each, with the masked address of the first", async () => {
    const sender = recordingSender("at-once");
    const orderId = newOrderId();
    await apply(sender, placed(orderId), confirmed(orderId));
    clock.advance(1_000);
    await apply(sender, shipped(orderId));
    clock.advance(1_000);
    await apply(sender, delivered(orderId));
    const messages = await list(orderId);
    expect(messages.map(({ kind, recipient }) => ({ kind, recipient }))).toEqual([
      { kind: NotificationKind.ORDER_PLACED, recipient: "a***@example.com" },
      { kind: NotificationKind.ORDER_CONFIRMED, recipient: "a***@example.com" },
      { kind: NotificationKind.ORDER_SHIPPED, recipient: "a***@example.com" },
      { kind: NotificationKind.ORDER_DELIVERED, recipient: "a***@example.com" },
    ]);
    expect(messages.at(-1)?.deliverTime).toEqual(timestampFromDate(clock.date()));
    expect(sender.batches.map((batch) => batch.length)).toEqual([2, 1, 1]);
  });

  it("give their messages the time at which they happened, however late they are applied", async () => {
    const orderId = newOrderId();
    const late = placed(orderId);
    const happened = timestampFromDate(clock.date());
    clock.advance(60_000);
    await apply(recordingSender("at-once"), late);
    expect(await list(orderId)).toMatchObject([{ createTime: happened, deliverTime: timestampFromDate(clock.date()) }]);
  });

  it("leave messages undelivered when the sender delivers later", async () => {
    const sender = recordingSender("later");
    const orderId = newOrderId();
    await apply(sender, placed(orderId));
    expect((await list(orderId))[0]?.deliverTime).toBeUndefined();
    expect(sender.batches).toEqual([]);
  });

  it("that come again under another id leave the first message as it is", async () => {
    const sender = recordingSender("at-once");
    const orderId = newOrderId();
    const first = placed(orderId);
    await apply(sender, first);
    await apply(sender, placed(orderId), cancelled(orderId));
    expect((await list(orderId)).map(({ id }) => id)[0]).toBe(first.id);
    expect(await list(orderId)).toHaveLength(2);
  });

  it("that hold what the store cannot are poison", async () => {
    const bad = event(
      create(OrderPlacedSchema, { orderId: newOrderId(), customerId, contactEmail: "a\0da@example.com" }),
    );
    await expect(apply(recordingSender("at-once"), bad)).rejects.toMatchObject({
      name: "PoisonError",
      eventId: bad.id,
    });
  });

  it("that name no order are poison", async () => {
    const bad = placed("no-uuid");
    await expect(apply(recordingSender("at-once"), bad)).rejects.toMatchObject({
      name: "PoisonError",
      eventId: bad.id,
    });
  });
});

describe("messages", () => {
  it("are seen by their customer and by operators alone", async () => {
    const orderId = newBucketedId("bob", clock.now());
    await apply(recordingSender("at-once"), event(create(OrderPlacedSchema, { orderId, customerId: "bob" })));
    await expect(list(orderId)).rejects.toMatchObject({ code: "ORDER_NOT_FOUND" });
    expect(await list(orderId, operator)).toMatchObject([{ recipient: "" }]);
    expect(await list(orderId, createCaller("bob", "notifications.read"))).toHaveLength(1);
  });

  it("are none for an order of the customer that was not seen yet, and not found for another's", async () => {
    expect(await list(newOrderId())).toEqual([]);
    await expect(list(newBucketedId("bob", clock.now()))).rejects.toMatchObject({ code: "ORDER_NOT_FOUND" });
  });
});

describe("the Prisma schema", () => {
  it("fits the migration", async () => {
    await apply(recordingSender("at-once"), placed(newOrderId()));
    expect(await prisma.notification.findMany()).toMatchObject([{ customerId, recipient: "ada@example.com", kind: 1 }]);
  });
});
