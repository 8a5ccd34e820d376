// Stored orders as the messages that clients see.
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate, timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  CancellationReason,
  type CancellationSchema,
  type Order,
  OrderSchema,
  OrderStatus,
  type ShipmentSchema,
} from "@ordermesh/proto/order";
import type { AcceptedOrder } from "../store/place-orders.ts";
import type { OrderLine as LineRow, Order as OrderRow } from "../store/prisma/client.ts";

export type OrderWithLines = OrderRow & { readonly lines: readonly LineRow[] };

/** The order as it stands in the database. */
export function orderMessage(row: OrderWithLines): Order {
  const { currencyCode } = row;
  return create(OrderSchema, {
    id: row.id,
    status: OrderStatus[row.status],
    customerId: row.customerId,
    clientReference: row.clientReference,
    lines: row.lines.map(({ sku, quantity, unitPriceMinor }) => ({
      sku,
      quantity,
      unitPrice: { currencyCode, minorUnits: unitPriceMinor },
    })),
    total: { currencyCode, minorUnits: row.totalMinor },
    createTime: timestampFromDate(row.createTime),
    updateTime: timestampFromDate(row.updateTime),
    ...cancellationOf(row),
    ...shipmentOf(row),
  });
}

/** The order as it was answered when it was accepted, rebuilt for a replay from what never changes. */
export function placedMessage(row: OrderWithLines): Order {
  const { createTime } = row;
  const asPlaced = { status: "PENDING", updateTime: createTime, cancellationReason: null, carrier: null } as const;
  return orderMessage({ ...row, ...asPlaced });
}

/** The answer to a client whose order was just written. */
export function acceptedMessage(order: AcceptedOrder): Order {
  const { currencyCode } = order;
  const createTime = timestampFromMs(order.createMs);
  return create(OrderSchema, {
    id: order.id,
    status: OrderStatus.PENDING,
    customerId: order.customerId,
    clientReference: order.clientReference,
    lines: order.lines.map(({ sku, quantity, unitPriceMinor }) => ({
      sku,
      quantity,
      unitPrice: { currencyCode, minorUnits: unitPriceMinor },
    })),
    total: { currencyCode, minorUnits: order.totalMinor },
    createTime,
    updateTime: createTime,
  });
}

function cancellationOf(row: OrderRow): { cancellation?: MessageInitShape<typeof CancellationSchema> } {
  const { cancellationReason, cancellationDetail, cancelTime } = row;
  if (cancellationReason === null || cancelTime === null) return {};
  const reason = CancellationReason[cancellationReason];
  return { cancellation: { reason, detail: cancellationDetail ?? "", time: timestampFromDate(cancelTime) } };
}

function shipmentOf({ carrier, trackingNumber }: OrderRow): { shipment?: MessageInitShape<typeof ShipmentSchema> } {
  return carrier === null ? {} : { shipment: { carrier, trackingNumber: trackingNumber ?? "" } };
}
