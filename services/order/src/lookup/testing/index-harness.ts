// A real Redis and a real log for specs of the index, and orders as the service announces them.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findFreePorts, findRedis, type RunningRedis, startRedis } from "@ordermesh/engines/redis";
import { OrderPlacedSchema, OrderShippedSchema } from "@ordermesh/proto/order";
import { PaymentAuthorizedSchema } from "@ordermesh/proto/payment";
import { ordersTopic, paymentsTopic } from "@ordermesh/proto/topics";
import { type EventLog, openEventLog } from "@ordermesh/runtime/event-log";
import { createEventEncoder } from "@ordermesh/runtime/events";
import { newBucketedId } from "@ordermesh/runtime/ids";
import { createLogger } from "@ordermesh/runtime/logging";
import { openRedis, type RedisPort } from "@ordermesh/runtime/redis";
import { createTestDatabase } from "@ordermesh/runtime/testing";
import { expect, vi } from "vitest";
import { generationOfKey, indexPrefix } from "../index-keys.ts";
import type { IndexAnswer, OrderIndex } from "../order-index.ts";
import { type NameKind, type OrderName, paymentEntries, placedEntries, shippedEntries } from "../order-name.ts";

export const logger = createLogger({ name: "index", instance: "spec", level: "silent" });
/** Writers of one process ask for the state each second. */
export const settleMs = 1_200;
export const patience = { timeout: 20_000, interval: 20 };

const encoder = createEventEncoder("/spec");
const kinds = ["reference", "payment", "tracking"] as const;
// The least that the service's user needs.
const commands = ["ping", "get", "set", "del", "pexpire", "eval", "evalsha", "scan", "unlink"];
const users = [
  { name: "tools", password: "tools", rules: ["~*", "&*", "+@all"] },
  { name: "order", password: "order", rules: ["~ordermesh:index:*", ...commands.map((command) => `+${command}`)] },
];

export interface PlacedOrder {
  readonly orderId: string;
  readonly names: Readonly<Record<NameKind, string>>;
}

export interface RedisHarness {
  readonly server: RunningRedis;
  /** As the order service. */
  readonly redis: RedisPort;
  /** As somebody who may do everything. */
  readonly tools: RedisPort;
  /** Starts another server in the place of one that has ended. */
  restart(): Promise<void>;
  /** Waits until both connections are there, then empties it. */
  empty(): Promise<void>;
  stop(): Promise<void>;
}

export async function startRedisHarness(): Promise<RedisHarness> {
  const folder = await mkdtemp(join(tmpdir(), "ordermesh-index-"));
  const [port = 0] = await findFreePorts(1);
  const start = async (): Promise<RunningRedis> => startRedis({ program: await findRedis(), folder, port, users });
  let server = await start();
  const open = (user: string): RedisPort => openRedis({ url: server.url(user), name: `${user}-1`, logger });
  const [redis, tools] = [open("order"), open("tools")];
  return {
    get server() {
      return server;
    },
    redis,
    tools,
    async restart() {
      server = await start();
    },
    async empty() {
      await vi.waitFor(() => expect([redis.up, tools.up]).toEqual([true, true]), patience);
      await tools.run((client) => client.flushAll());
    },
    async stop() {
      await Promise.all([redis.close(), tools.close()]);
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export interface LogHarness {
  readonly url: string;
  readonly log: EventLog;
  /** Announces an order with a name of each kind: entries to the index at once, events to the log. */
  place(index: OrderIndex, reference?: string, acceptedMs?: number): Promise<PlacedOrder>;
  close(): Promise<void>;
}

export async function openLogHarness(): Promise<LogHarness> {
  const database = await createTestDatabase("index");
  const log = await openEventLog({ url: database.url, clientId: "spec", logger });
  let count = 0;
  return {
    url: database.url,
    log,
    async place(index, reference, acceptedMs = Date.now()) {
      count += 1;
      const orderId = newBucketedId(`customer-${count % 7}`, acceptedMs);
      const payment = newBucketedId("x", acceptedMs);
      const names = { reference: reference ?? `cart-${count}`, payment, tracking: `Z${count}` };
      index.remember([
        ...placedEntries(orderId, names.reference),
        ...paymentEntries(orderId, payment),
        ...shippedEntries(orderId, names.tracking),
      ]);
      const order = { topic: ordersTopic, key: orderId, time: new Date(acceptedMs) };
      const shipment = { trackingNumber: names.tracking };
      await log.append([
        encoder.encode(OrderPlacedSchema, { orderId, clientReference: names.reference }, order),
        encoder.encode(OrderShippedSchema, { orderId, shipment }, order),
        encoder.encode(PaymentAuthorizedSchema, { orderId, paymentId: payment }, { ...order, topic: paymentsTopic }),
      ]);
      return { orderId, names };
    },
    async close() {
      await log.close();
      await database.drop();
    },
  };
}

/** Waits until each of the orders is found by each of its names. */
export async function expectFound(index: OrderIndex, orders: readonly PlacedOrder[]): Promise<void> {
  await vi.waitFor(async () => {
    for (const { orderId, names } of orders) {
      const wanted = kinds.map((kind): OrderName => ({ kind, value: names[kind] }));
      const answers = await Promise.all(wanted.map((name) => index.find(name)));
      expect(answers).toEqual(kinds.map((): IndexAnswer => ({ kind: "hit", orderId })));
    }
  }, patience);
}

export interface IndexContents {
  readonly generations: readonly string[];
  /** By the name of the entry without its generation: the order, and when it ends. */
  readonly entries: ReadonlyMap<string, string>;
}

/** All entries that Redis holds. */
export async function contentsOf(tools: RedisPort): Promise<IndexContents> {
  const entries = new Map<string, string>();
  const generations = new Set<string>();
  for (const key of await tools.run((client) => client.keys(`${indexPrefix}*`))) {
    const generation = generationOfKey(key);
    if (generation === undefined) continue;
    generations.add(generation);
    const [value, end] = await tools.run((client) => Promise.all([client.get(key), client.pExpireTime(key)]));
    entries.set(key.replace(`${generation}:`, ""), `${value} until ${end}`);
  }
  return { generations: [...generations], entries };
}
