// What the order service asks its shards in daily work. This is the one place where the bench reaches into a service: the
// statements explained must be the service's own, so its own functions are called and their statements noted.
import { randomUUID } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { ListOrdersRequestSchema, OrderStatus } from "@ordermesh/proto/order";
import { createCaller } from "@ordermesh/runtime/auth";
import type { Database } from "@ordermesh/runtime/database";
import { pruneIdempotencyKeys } from "@ordermesh/runtime/idempotency";
import { bucketOfId } from "@ordermesh/runtime/ids";
import { claimAll } from "@ordermesh/runtime/inbox";
import { findAnyOrder, findOwnOrder } from "../../../services/order/src/lookup/find-orders.ts";
import { getOrder } from "../../../services/order/src/queries/get-order.ts";
import { getOrderTimeline } from "../../../services/order/src/queries/get-order-timeline.ts";
import { listOrders } from "../../../services/order/src/queries/list-orders.ts";
import type { Shard, ShardSet } from "../../../services/order/src/shards/index.ts";
import { lockOrders, lockOverdueOrders, storeChanges } from "../../../services/order/src/store/order-changes.ts";
import { type AcceptedOrder, placeOrders } from "../../../services/order/src/store/place-orders.ts";
import type { PrismaClient } from "../../../services/order/src/store/prisma/client.ts";
import { recordStatements, type SentStatement } from "./record-statements.ts";

/** Something the service does, and what it asks for it. */
export interface HotQuery {
  readonly purpose: string;
  readonly statements: readonly SentStatement[];
}

/** An order that the shard has. */
export interface KnownOrder {
  readonly id: string;
  readonly customerId: string;
}

const operator = createCaller("operator", "orders.read customers.all");

/** The statements that the service wrote by hand. Nothing is asked of a database. */
export async function writtenQueries({ id, customerId }: KnownOrder): Promise<HotQuery[]> {
  const order = acceptedOrder(id, customerId);
  const use = {
    caller: customerId,
    key: "key",
    method: "",
    request_hash: order.requestHash,
    response: Buffer.alloc(16),
  };
  const recorder = recordStatements({
    "select-earlier-uses": [use],
    "select-owned-buckets": [{ bucket: bucketOfId(id) }],
  });
  const { database, tx } = recorder;
  const now = new Date();
  const steps: readonly (readonly [purpose: string, step: () => Promise<unknown>])[] = [
    ["accept orders, one of them a repeat", () => placeOrders(database, [order])],
    ["lock orders whose outcomes have come", () => lockOrders(tx, [id])],
    ["store what was decided for them", () => storeChanges(tx, [update(id, now)], [change(id, now)])],
    ["claim their events", () => claimAll(tx, "order", [randomUUID()])],
    ["sweep orders past their deadline", () => lockOverdueOrders(tx, now, 200)],
    ["look up a customer's order by reference", () => findOwnOrder(database, named("reference"), customerId)],
    ["look up a customer's order by payment", () => findOwnOrder(database, named("payment"), customerId)],
    ["look up a customer's order by tracking number", () => findOwnOrder(database, named("tracking"), customerId)],
    ["look up anybody's order by reference", () => findAnyOrder(database, named("reference"))],
    ["look up anybody's order by payment", () => findAnyOrder(database, named("payment"))],
    ["look up anybody's order by tracking number", () => findAnyOrder(database, named("tracking"))],
    ["forget old idempotency keys, hourly", () => pruneIdempotencyKeys(database, 1, now.getTime())],
  ];
  const queries: HotQuery[] = [];
  for (const [purpose, step] of steps) {
    await step();
    queries.push({ purpose, statements: recorder.take() });
  }
  return queries;
}

const named = <Kind extends string>(kind: Kind): { kind: Kind; value: string } => ({ kind, value: randomUUID() });

/** The statements that Prisma writes for the service. They are run, since what is asked next depends on the answer. */
export async function prismaQueries(
  prisma: PrismaClient,
  noted: () => SentStatement[],
  { id, customerId }: KnownOrder,
): Promise<HotQuery[]> {
  const shard = { prisma } as Partial<Shard> as Shard;
  const alone: Pick<ShardSet, "read" | "readEach" | "owns"> = {
    read: (_bucket, work) => work(shard),
    readEach: async (work) => [await work(shard)],
    owns: () => true,
  };
  const shards = alone as Partial<ShardSet> as ShardSet;
  const list = (wanted: Partial<{ customerId: string; status: OrderStatus; pageToken: string }>) =>
    listOrders(shards, operator, create(ListOrdersRequestSchema, { pageSize: 50, ...wanted }));
  const queries: HotQuery[] = [];
  const note = async <Answer>(purpose: string, step: Promise<Answer>): Promise<Answer> => {
    const answer = await step;
    queries.push({ purpose, statements: noted() });
    return answer;
  };
  await note("show an order", getOrder(shards, operator, id));
  await note("show its history", getOrderTimeline(shards, operator, id));
  await note("list a customer's orders", list({ customerId }));
  const { nextPageToken } = await note("list all orders", list({}));
  if (nextPageToken !== "") await note("list all orders, a further page", list({ pageToken: nextPageToken }));
  await note("list all orders of a status", list({ status: OrderStatus.CANCELLED }));
  return queries;
}

function acceptedOrder(id: string, customerId: string): AcceptedOrder {
  return {
    id,
    customerId,
    clientReference: "reference",
    currencyCode: "EUR",
    totalMinor: 2500n,
    createMs: 0,
    deadlineMs: 0,
    lines: [{ sku: "sku-0001", quantity: 2, unitPriceMinor: 1250n }],
    idempotencyKey: "key",
    requestHash: Buffer.alloc(32),
    eventId: randomUUID(),
    event: "[]",
  };
}

const update = (id: string, changeTime: Date) =>
  ({ id, state: { status: "CONFIRMED", stock: "GOOD", payment: "GOOD" }, changeTime }) as const;

const change = (orderId: string, time: Date) =>
  ({ orderId, status: "CONFIRMED", time, cause: "cause", eventId: randomUUID() }) as const;

/** For `prismaQueries`: notes what goes through the database's pool, and lets it pass. */
export function notePool({ pool }: Database): () => SentStatement[] {
  let sent: SentStatement[] = [];
  const query = pool.query.bind(pool) as (...given: unknown[]) => unknown;
  const noting = (...given: unknown[]): unknown => {
    const [first] = given;
    if (typeof first === "object" && first !== null && "text" in first && typeof first.text === "string") {
      sent.push({ name: "", text: first.text });
    }
    return query(...given);
  };
  pool.query = noting as typeof pool.query;
  return () => {
    const taken = sent;
    sent = [];
    return taken;
  };
}
