// Accepts an order: prices it, and writes it with its neighbours in one commit.
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  type OrderPlaced,
  OrderPlacedSchema,
  type PlaceOrderRequest,
  PlaceOrderRequestSchema,
} from "@ordermesh/proto/order";
import { ordersTopic } from "@ordermesh/proto/topics";
import type { Caller } from "@ordermesh/runtime/auth";
import { DomainError, errors } from "@ordermesh/runtime/errors";
import { encodeRecord } from "@ordermesh/runtime/event-log";
import type { EventEncoder } from "@ordermesh/runtime/events";
import { requestHash } from "@ordermesh/runtime/idempotency";
import { bucketOfId, newBucketedId, newEventId } from "@ordermesh/runtime/ids";
import { type PricedOrder, type PricingFault, priceOrder } from "../domain/pricing.ts";
import { orderErrors } from "../errors.ts";
import type { OrderLookups } from "../lookup/open-lookups.ts";
import { placedEntries } from "../lookup/order-name.ts";
import type { PriceCache } from "../prices/price-cache.ts";
import { NotOwnedError, type Shard, type ShardSet } from "../shards/index.ts";
import { type AcceptedOrder, type Placement, placeOrderMethod } from "../store/place-orders.ts";
import type { Tracing } from "./tracing.ts";

export interface PlaceOrderPorts {
  readonly prices: Pick<PriceCache, "prices">;
  readonly shards: ShardSet;
  /** Writes the order at the shard, together with others that are placed there at the moment. */
  readonly placeAt: (shard: Shard, order: AcceptedOrder) => Promise<Placement>;
  /** Takes the names that orders were given, after the commit. */
  readonly remember: OrderLookups["remember"];
  readonly encoder: EventEncoder;
  readonly now: () => Date;
  readonly sagaDeadlineMs: number;
}

/** The order that the key stands for now, and whether it stood for it before this call. */
export type Placed =
  | { readonly replayed: false; readonly order: AcceptedOrder }
  | { readonly replayed: true; readonly orderId: string };

/**
 * Places the order of `caller`, or finds the one that the same key and body placed before. Throws ITEM_UNKNOWN,
 * CURRENCY_MISMATCH, DUPLICATE_SKU, ORDER_TOTAL_TOO_LARGE, PRICES_UNAVAILABLE, SHARD_UNAVAILABLE and
 * IDEMPOTENCY_KEY_REUSED.
 */
export async function placeOrder(
  ports: PlaceOrderPorts,
  caller: Caller,
  key: string,
  request: PlaceOrderRequest,
  tracing: Tracing,
): Promise<Placed> {
  const prices = await ports.prices.prices(request.lines.map((line) => line.sku));
  const pricing = priceOrder(request.lines, request.currencyCode, (sku) => prices.get(sku));
  if (!pricing.ok) throw refusal(pricing.faults);
  const order = acceptedOrder(ports, caller, key, request, pricing.order, tracing);
  const bucket = bucketOfId(order.id);
  const earlier = await ports.shards.write(bucket, async (shard) => {
    const placement = await ports.placeAt(shard, order);
    if (placement === "not-owned") throw new NotOwnedError([bucket]);
    return placement;
  });
  if (earlier === "written") {
    ports.remember(placedEntries(order.id, order.clientReference));
    return { replayed: false, order };
  }
  if (earlier.method !== placeOrderMethod || !earlier.requestHash.equals(order.requestHash)) {
    throw new DomainError(errors.IDEMPOTENCY_KEY_REUSED, `key ${key} was used before with another request`);
  }
  return { replayed: true, orderId: earlier.orderId };
}

function acceptedOrder(
  { encoder, now, sagaDeadlineMs }: PlaceOrderPorts,
  caller: Caller,
  key: string,
  request: PlaceOrderRequest,
  { lines, totalMinor }: PricedOrder,
  tracing: Tracing,
): AcceptedOrder {
  const time = now();
  const createMs = time.getTime();
  const id = newBucketedId(caller.subject, createMs);
  const eventId = newEventId(createMs);
  const event = orderPlaced(id, caller.subject, request, { lines, totalMinor }, createMs);
  const record = encoder.encode(OrderPlacedSchema, event, {
    topic: ordersTopic,
    key: id,
    time,
    id: eventId,
    ...tracing,
  });
  return {
    id,
    customerId: caller.subject,
    clientReference: request.clientReference,
    currencyCode: request.currencyCode,
    totalMinor,
    createMs,
    deadlineMs: createMs + sagaDeadlineMs,
    lines,
    idempotencyKey: key,
    requestHash: requestHash(placeOrderMethod, PlaceOrderRequestSchema, request),
    eventId,
    event: encodeRecord(record),
  };
}

function orderPlaced(
  orderId: string,
  customerId: string,
  { clientReference, currencyCode, paymentMethod, contact }: PlaceOrderRequest,
  { lines, totalMinor }: PricedOrder,
  createMs: number,
): OrderPlaced {
  return create(OrderPlacedSchema, {
    orderId,
    customerId,
    lines: lines.map(({ sku, quantity, unitPriceMinor }) => ({
      sku,
      quantity,
      unitPrice: { currencyCode, minorUnits: unitPriceMinor },
    })),
    total: { currencyCode, minorUnits: totalMinor },
    paymentToken: paymentMethod?.token ?? "",
    contactEmail: contact?.email ?? "",
    placeTime: timestampFromMs(createMs),
    clientReference,
  });
}

const specs = {
  ITEM_UNKNOWN: orderErrors.itemUnknown,
  CURRENCY_MISMATCH: orderErrors.currencyMismatch,
  DUPLICATE_SKU: orderErrors.duplicateSku,
  TOTAL_TOO_LARGE: orderErrors.totalTooLarge,
} as const;

/** One error for all faults, under the code of the first. */
function refusal(faults: readonly PricingFault[]): DomainError {
  const [first] = faults;
  if (first === undefined) throw new Error("a refusal needs a fault");
  const violations = faults.map(({ field, description, code }) => ({ field, description, reason: specs[code].code }));
  return new DomainError(specs[first.code], first.description, { violations });
}
