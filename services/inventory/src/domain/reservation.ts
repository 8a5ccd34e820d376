/** What became of an order's stock. One status per order, because a reservation takes every line or none. */
export type ReservationStatus = "RESERVED" | "REJECTED" | "DEDUCTED" | "RELEASED" | "RESTOCKED";

export interface ReservationLine {
  readonly sku: string;
  readonly quantity: number;
}

export interface Reservation {
  readonly orderId: string;
  readonly customerId: string;
  readonly status: ReservationStatus;
  /** One line per sku. */
  readonly lines: readonly ReservationLine[];
}

/** What the order service announces and inventory acts on. */
export type OrderEvent =
  | {
      readonly type: "OrderPlaced";
      readonly orderId: string;
      readonly customerId: string;
      readonly lines: readonly ReservationLine[];
    }
  | { readonly type: "OrderConfirmed"; readonly orderId: string; readonly customerId: string }
  | { readonly type: "OrderCancelled"; readonly orderId: string; readonly customerId: string };

/** What inventory announces in turn. */
export type StockOutcome =
  | { readonly type: "StockReserved"; readonly orderId: string }
  | { readonly type: "StockRejected"; readonly orderId: string; readonly shortSkus: readonly string[] }
  | { readonly type: "StockDeducted"; readonly orderId: string }
  | { readonly type: "StockReleased"; readonly orderId: string }
  | { readonly type: "StockRestocked"; readonly orderId: string };

/** "unchanged" is the one named no-op; "illegal" means that the order's history contradicts itself. */
export type Transition = "DEDUCTED" | "RELEASED" | "RESTOCKED" | "unchanged" | "illegal";

/** Every decision about a reservation that exists already, as data. */
export const transitions: Readonly<
  Record<"OrderConfirmed" | "OrderCancelled", Readonly<Record<ReservationStatus, Transition>>>
> = {
  OrderConfirmed: {
    RESERVED: "DEDUCTED",
    REJECTED: "illegal",
    DEDUCTED: "unchanged",
    RELEASED: "illegal",
    RESTOCKED: "illegal",
  },
  OrderCancelled: {
    RESERVED: "RELEASED",
    REJECTED: "unchanged",
    DEDUCTED: "RESTOCKED",
    RELEASED: "unchanged",
    RESTOCKED: "unchanged",
  },
};

/** Sums the pieces of lines that name the same sku, so that each sku is taken once per order. */
export function mergeLines(lines: readonly ReservationLine[]): readonly ReservationLine[] {
  const quantities = new Map<string, number>();
  for (const line of lines) quantities.set(line.sku, (quantities.get(line.sku) ?? 0) + line.quantity);
  if (quantities.size === lines.length) return lines;
  return [...quantities].map(([sku, quantity]) => ({ sku, quantity }));
}
