import { mergeLines, type OrderEvent, type Reservation, type StockOutcome, transitions } from "./reservation.ts";
import { type StockChange, StockChanges } from "./stock-changes.ts";

/** An event that contradicts what is known of its order, so that it can never be applied. */
export class ContradictoryEventError extends Error {
  /** Position of the event in the batch. */
  readonly position: number;

  constructor(position: number, message: string) {
    super(message);
    this.name = "ContradictoryEventError";
    this.position = position;
  }
}

export interface CausedOutcome {
  /** Position in the batch of the event that led to it. */
  readonly cause: number;
  readonly outcome: StockOutcome;
}

/** Everything that a batch of order events changes. */
export interface Settlement {
  readonly outcomes: readonly CausedOutcome[];
  /** At most one change per sku, however many orders of the batch touch it. */
  readonly stockChanges: readonly StockChange[];
  readonly created: readonly Reservation[];
  readonly moved: readonly Reservation[];
}

/** The skus whose stock a batch may change, sorted, so that every transaction locks them in the same order. */
export function touchedSkus(events: readonly OrderEvent[], known: ReadonlyMap<string, Reservation>): string[] {
  const skus = new Set<string>();
  for (const event of events) {
    const reservation = known.get(event.orderId);
    if (event.type === "OrderPlaced") {
      if (reservation === undefined) for (const line of event.lines) skus.add(line.sku);
    } else if (reservation !== undefined) {
      const next = transitions[event.type][reservation.status];
      if (next !== "unchanged" && next !== "illegal") for (const line of reservation.lines) skus.add(line.sku);
    }
  }
  return [...skus].sort();
}

/**
 * Applies order events one after the other, as if each had the stock for itself.
 *
 * @param available pieces that can be reserved, per sku; a sku that is missing is unknown and so always short
 * @param known reservations that exist already, by order id
 */
export function settleOrders(
  available: ReadonlyMap<string, number>,
  known: ReadonlyMap<string, Reservation>,
  events: readonly OrderEvent[],
): Settlement {
  const stock = new StockChanges(available);
  const current = new Map(known);
  const touched = new Set<string>();
  const outcomes: CausedOutcome[] = [];
  events.forEach((event, cause) => {
    const decision = decide(stock, current.get(event.orderId), event, cause);
    if (decision === undefined) return;
    const { reservation, outcome } = decision;
    current.set(reservation.orderId, reservation);
    touched.add(reservation.orderId);
    if (outcome !== undefined) outcomes.push({ cause, outcome });
  });

  const created: Reservation[] = [];
  const moved: Reservation[] = [];
  for (const orderId of touched) {
    const reservation = current.get(orderId);
    if (reservation !== undefined) (known.has(orderId) ? moved : created).push(reservation);
  }
  return { outcomes, stockChanges: stock.all(), created, moved };
}

/** The reservation after an event and what is announced of it; undefined when the event changes nothing. */
interface Decision {
  readonly reservation: Reservation;
  readonly outcome?: StockOutcome;
}

function decide(
  stock: StockChanges,
  reservation: Reservation | undefined,
  event: OrderEvent,
  cause: number,
): Decision | undefined {
  const { orderId, customerId } = event;
  switch (event.type) {
    case "OrderPlaced":
      return reservation === undefined ? place(stock, event) : undefined;
    case "OrderConfirmed":
      if (reservation === undefined) {
        throw new ContradictoryEventError(cause, `order ${orderId} was confirmed but nothing was reserved for it`);
      }
      return move(stock, reservation, event.type, cause);
    case "OrderCancelled":
      // A placed event that comes after its cancellation (redriven from the dead letters) must find this row, or it
      // would hold stock for ever.
      if (reservation === undefined) return { reservation: { orderId, customerId, status: "RELEASED", lines: [] } };
      return move(stock, reservation, event.type, cause);
    default:
      return event satisfies never;
  }
}

function place(stock: StockChanges, event: Extract<OrderEvent, { type: "OrderPlaced" }>): Decision {
  const { orderId, customerId } = event;
  const lines = mergeLines(event.lines);
  const shortSkus = stock.short(lines);
  if (shortSkus.length > 0) {
    const reservation: Reservation = { orderId, customerId, status: "REJECTED", lines };
    return { reservation, outcome: { type: "StockRejected", orderId, shortSkus } };
  }
  stock.reserve(lines);
  const reservation: Reservation = { orderId, customerId, status: "RESERVED", lines };
  return { reservation, outcome: { type: "StockReserved", orderId } };
}

function move(
  stock: StockChanges,
  reservation: Reservation,
  trigger: "OrderConfirmed" | "OrderCancelled",
  cause: number,
): Decision | undefined {
  const { orderId, status, lines } = reservation;
  const next = transitions[trigger][status];
  if (next === "unchanged") return undefined;
  if (next === "illegal") {
    throw new ContradictoryEventError(cause, `${trigger} came for order ${orderId}, whose stock is ${status}`);
  }
  stock.move(lines, status === "RESERVED" ? "reserved" : "deducted", next === "DEDUCTED" ? "deducted" : "available");
  return { reservation: { ...reservation, status: next }, outcome: { type: outcomeOf[next], orderId } };
}

const outcomeOf = {
  DEDUCTED: "StockDeducted",
  RELEASED: "StockReleased",
  RESTOCKED: "StockRestocked",
} as const;
