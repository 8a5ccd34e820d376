// Finds one order by a name that it bears, wherever it lies.
import type { LookupOrderRequest } from "@ordermesh/proto/order";
import type { Caller } from "@ordermesh/runtime/auth";
import { DomainError, errors } from "@ordermesh/runtime/errors";
import { bucketOfId, bucketOfKey, isUuid } from "@ordermesh/runtime/ids";
import { orderErrors } from "../errors.ts";
import type { OrderWithLines } from "../queries/order-message.ts";
import type { Shard, ShardSet } from "../shards/index.ts";
import type { AskShards } from "./ask-shards.ts";
import { findAnyOrder, findOwnOrder } from "./find-orders.ts";
import { indexFallbacks, indexLookups } from "./lookup-metrics.ts";
import type { NegativeCache } from "./negative-cache.ts";
import type { OrderIndex } from "./order-index.ts";
import { bears, fieldOfKind, nameOf, type OrderName } from "./order-name.ts";

export interface LookupOrderPorts {
  readonly shards: Pick<ShardSet, "read">;
  /** None where there is no Redis. */
  readonly index: OrderIndex | undefined;
  readonly askShards: AskShards;
  /** What no shard had a moment ago. */
  readonly absent: NegativeCache;
}

/**
 * The newest order that bears the name of the request and that the caller may see. Throws ORDER_NOT_FOUND,
 * PERMISSION_DENIED for another customer's, SHARD_UNAVAILABLE, LOOKUP_TOO_BROAD and LOOKUP_BUSY.
 *
 * Where the customer is known, so is the shard, and one statement there is cheaper than the index and never behind.
 * Others go through the index; what it says is checked at the shard, and what it lacks the shards are asked for.
 */
export async function lookupOrder(
  ports: LookupOrderPorts,
  caller: Caller,
  request: LookupOrderRequest,
): Promise<OrderWithLines> {
  const name = nameOf(request);
  const customerId = customerOf(caller, request.customerId);
  const order = customerId === undefined ? await lookupAnywhere(ports, name) : await lookupOwn(ports, name, customerId);
  if (order !== undefined) return order;
  const field = fieldOfKind[name.kind];
  throw new DomainError(orderErrors.orderNotFound, `no order with ${field} ${JSON.stringify(name.value)}`, {
    metadata: { [field]: name.value },
  });
}

/** The key of a name in the memory of what is absent. */
export const absentKey = ({ kind, value }: OrderName): string => `${kind} ${value}`;

async function lookupOwn(
  { shards }: LookupOrderPorts,
  name: OrderName,
  customerId: string,
): Promise<OrderWithLines | undefined> {
  return shards.read(bucketOfKey(customerId), async (shard) => {
    const id = await findOwnOrder(shard.database, name, customerId);
    return id === undefined ? undefined : readOrder(shard, id);
  });
}

async function lookupAnywhere(ports: LookupOrderPorts, name: OrderName): Promise<OrderWithLines | undefined> {
  const { index, absent } = ports;
  if (absent.has(absentKey(name))) return undefined;
  const indexed = index && (await lookupIndexed(ports, index, name));
  if (indexed !== undefined) return indexed;
  const orderId = await askForId(ports, name);
  const order = orderId === undefined ? undefined : await readNamed(ports, name, orderId);
  if (order === undefined) absent.add(absentKey(name));
  else index?.remember([{ name, orderId: order.id }]);
  return order;
}

async function lookupIndexed(
  ports: LookupOrderPorts,
  index: OrderIndex,
  name: OrderName,
): Promise<OrderWithLines | undefined> {
  const answer = await index.find(name);
  if (answer.kind !== "hit") {
    indexLookups.inc({ result: answer.kind });
    return undefined;
  }
  const { orderId } = answer;
  const order = isUuid(orderId) ? await readNamed(ports, name, orderId) : undefined;
  indexLookups.inc({ result: order === undefined ? "stale" : "hit" });
  if (order === undefined) index.forget({ name, orderId });
  return order;
}

/** A payment id carries the bucket of its customer; the other names may be anybody's. */
async function askForId({ shards, askShards }: LookupOrderPorts, name: OrderName): Promise<string | undefined> {
  if (name.kind !== "payment") {
    indexFallbacks.inc({ shards: "all" });
    return askShards(name);
  }
  indexFallbacks.inc({ shards: "one" });
  return shards.read(bucketOfId(name.value), (shard) => findAnyOrder(shard.database, name));
}

/** The order as its own shard has it; undefined when it is not there or does not bear the name. */
async function readNamed(
  { shards }: LookupOrderPorts,
  name: OrderName,
  orderId: string,
): Promise<OrderWithLines | undefined> {
  const order = await shards.read(bucketOfId(orderId), (shard) => readOrder(shard, orderId));
  return order && bears(order, name) ? order : undefined;
}

async function readOrder({ prisma }: Shard, id: string): Promise<OrderWithLines | undefined> {
  const include = { lines: { orderBy: { lineNumber: "asc" } } } as const;
  return (await prisma.order.findUnique({ where: { id }, include })) ?? undefined;
}

/** Whose orders are searched: the caller's own, or for operators those of `wanted`, or all (undefined). */
function customerOf(caller: Caller, wanted: string): string | undefined {
  if (caller.operator) return wanted === "" ? undefined : wanted;
  if (wanted === "" || wanted === caller.subject) return caller.subject;
  throw new DomainError(errors.PERMISSION_DENIED, "customerId: only operators may look up another customer's orders");
}
