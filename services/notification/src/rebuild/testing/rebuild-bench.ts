// A notification database, an event log and the service's consumer, for specs of rebuilding.
import { OrderConfirmedSchema, OrderPlacedSchema, OrderShippedSchema } from "@ordermesh/proto/order";
import { ordersTopic } from "@ordermesh/proto/topics";
import { type Consumer, startConsumer } from "@ordermesh/runtime/consumer";
import { type Database, keyedPlans, migrate, openDatabase } from "@ordermesh/runtime/database";
import { type EventLog, openEventLog } from "@ordermesh/runtime/event-log";
import { createEventEncoder, type EncodedEvent } from "@ordermesh/runtime/events";
import { newBucketedId } from "@ordermesh/runtime/ids";
import { createLogger } from "@ordermesh/runtime/logging";
import { createOutbox } from "@ordermesh/runtime/outbox";
import { createTestDatabase } from "@ordermesh/runtime/testing";
import { vi } from "vitest";
import { migrations } from "../../app.ts";
import { consumerGroup, onOrderEvents } from "../../consumers/on-order-events.ts";
import { createLocalSender } from "../../delivery/local-sender.ts";
import type { Notification } from "../../domain/notification.ts";
import { type RebuildOptions, type RebuildResult, rebuildStore } from "../rebuild-store.ts";

export interface RebuildBench {
  readonly url: string;
  readonly logUrl: string;
  readonly database: Database;
  readonly log: EventLog;
  /** Messages that the service has delivered, in order. */
  readonly sent: readonly Notification[];
  startConsumer(): Promise<Consumer>;
  /** Waits until the group has committed all that the log holds. */
  drained(): Promise<void>;
  rebuild(options?: Partial<RebuildOptions>): Promise<RebuildResult>;
  /** The whole store, by order and kind. */
  rows(): Promise<Record<string, unknown>[]>;
  sql(text: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

const encoder = createEventEncoder("/ordermesh/order");
const customerId = "ada";

/** The events of one order: placed, confirmed and shipped, a second apart. */
export function orderEvents(timeMs = Date.now(), contactEmail = "ada@example.com"): EncodedEvent[] {
  const orderId = newBucketedId(customerId, timeMs);
  const metadata = (seconds: number) => ({
    topic: ordersTopic,
    key: orderId,
    time: new Date(timeMs + seconds * 1_000),
  });
  return [
    encoder.encode(OrderPlacedSchema, { orderId, customerId, contactEmail }, metadata(0)),
    encoder.encode(OrderConfirmedSchema, { orderId, customerId }, metadata(1)),
    encoder.encode(OrderShippedSchema, { orderId, customerId }, metadata(2)),
  ];
}

/** An event of the same kind as the given one and of the same order, under an id of its own. */
export function repeated(event: EncodedEvent, contactEmail: string): EncodedEvent {
  const metadata = { topic: ordersTopic, key: event.key, time: new Date() };
  return encoder.encode(OrderPlacedSchema, { orderId: event.key, customerId, contactEmail }, metadata);
}

/** @param logUrl of a log that is there already; an embedded one of its own unless given */
export async function openRebuildBench(logUrl?: string): Promise<RebuildBench> {
  const logger = createLogger({ name: "notification", instance: "spec", level: "silent" });
  const own = await createTestDatabase("rebuild");
  const ownLog = logUrl === undefined ? await createTestDatabase("rebuild_log") : undefined;
  const url = logUrl ?? ownLog?.url ?? "";
  await migrate({ url: own.url, directory: migrations, logger });
  // As the service opens it: its prepared statements have to outlive the swap.
  const database = openDatabase({ url: own.url, poolSize: 4, name: "spec", logger, settings: keyedPlans });
  const beside = openDatabase({ url: own.url, poolSize: 1, name: "spec", logger });
  const log = await openEventLog({ url, clientId: "notification-1", logger });
  const outbox = createOutbox({ database, log, logger });
  const sent: Notification[] = [];
  const local = createLocalSender(logger);
  const sender = {
    ...local,
    deliver(notifications: readonly Notification[]) {
      sent.push(...notifications);
      return local.deliver(notifications);
    },
  };
  const handlers = [onOrderEvents({ sender, now: () => new Date() })];

  async function sql(text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
    return (await database.pool.query(text, values)).rows;
  }

  return {
    url: own.url,
    logUrl: url,
    database,
    log,
    sent,
    startConsumer: () =>
      startConsumer({ database, log, outbox, logger, group: consumerGroup, topics: [ordersTopic], handlers }),
    drained: () =>
      vi.waitFor(
        async () => {
          if ((await log.lag(consumerGroup, [ordersTopic])) > 0n) throw new Error("the group is behind");
        },
        { timeout: 20_000, interval: 20 },
      ),
    rebuild: (options) => rebuildStore({ database: beside, log, mode: "swap", ...options }),
    rows: () => sql("SELECT * FROM notification ORDER BY order_id, kind"),
    sql,
    async close() {
      await outbox.stop();
      await log.close();
      await Promise.all([database.close(), beside.close()]);
      await Promise.all([own.drop(), ownLog?.drop()]);
    },
  };
}
