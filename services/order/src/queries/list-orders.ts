// Lists orders, newest first. Ids begin with the time of acceptance, so that paging and time filters are ranges of ids,
// and a page token means the same at every shard.
import { timestampDate } from "@bufbuild/protobuf/wkt";
import { type ListOrdersRequest, OrderStatus } from "@ordermesh/proto/order";
import type { Caller } from "@ordermesh/runtime/auth";
import { DomainError, errors } from "@ordermesh/runtime/errors";
import { bucketOfKey } from "@ordermesh/runtime/ids";
import type { OrderStatus as StoredStatus } from "../domain/order.ts";
import type { ShardSet } from "../shards/index.ts";
import type { Prisma } from "../store/prisma/client.ts";
import { type FetchPage, newestAcross } from "./newest-across.ts";
import type { OrderWithLines } from "./order-message.ts";
import { lastIdOf, pageTokenAfter } from "./page-token.ts";

const defaultPageSize = 50;

export interface OrderPage {
  readonly orders: readonly OrderWithLines[];
  readonly nextPageToken: string;
}

/** One page. Throws PERMISSION_DENIED for another customer's orders, PAGE_TOKEN_INVALID for a bad token. */
export async function listOrders(shards: ShardSet, caller: Caller, request: ListOrdersRequest): Promise<OrderPage> {
  const customerId = customerOf(caller, request.customerId);
  const { createdAfter, createdBefore, status } = request;
  const after = createdAfter && timestampDate(createdAfter);
  const before = createdBefore && timestampDate(createdBefore);
  const filter = JSON.stringify([customerId, status, after?.getTime(), before?.getTime()]);
  const pageSize = request.pageSize === 0 ? defaultPageSize : request.pageSize;
  const lastId = request.pageToken === "" ? undefined : lastIdOf(request.pageToken, filter);

  const filters: Prisma.OrderWhereInput = {
    ...(customerId !== undefined && { customerId }),
    ...(status !== OrderStatus.UNSPECIFIED && { status: OrderStatus[status] as StoredStatus }),
    ...((after || before) && { createTime: { ...(after && { gte: after }), ...(before && { lt: before }) } }),
    AND: [
      ...(after ? [{ id: { gte: lowestIdAt(after) } }] : []),
      ...(before ? [{ id: { lt: lowestIdAt(new Date(before.getTime() + 1)) } }] : []),
    ],
  };
  const fetch: FetchPage = ({ prisma }, below, take) =>
    prisma.order.findMany({
      where: { AND: [filters, ...(below === undefined ? [] : [{ id: { lt: below } }])] },
      orderBy: { id: "desc" },
      take,
      include: { lines: { orderBy: { lineNumber: "asc" } } },
    });
  const rows =
    customerId === undefined
      ? await newestAcross(shards, fetch, lastId, pageSize + 1)
      : await shards.read(bucketOfKey(customerId), (shard) => fetch(shard, lastId, pageSize + 1));
  const orders = rows.slice(0, pageSize);
  const last = orders.at(-1);
  const nextPageToken = rows.length > pageSize && last ? pageTokenAfter(last.id, filter) : "";
  return { orders, nextPageToken };
}

/** Whose orders are listed: the caller's own, or for operators those of `wanted`, or all (undefined). */
function customerOf(caller: Caller, wanted: string): string | undefined {
  if (caller.operator) return wanted === "" ? undefined : wanted;
  if (wanted === "" || wanted === caller.subject) return caller.subject;
  throw new DomainError(errors.PERMISSION_DENIED, "customerId: only operators may list another customer's orders");
}

/** The lowest id that an order accepted at `time` can have; it narrows the range that the primary key reads. */
function lowestIdAt(time: Date): string {
  const ms = Math.min(Math.max(0, time.getTime()), 0xffff_ffff_ffff);
  const hex = ms.toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}
