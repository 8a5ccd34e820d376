// OrderPlaced reserves, OrderConfirmed deducts, OrderCancelled releases or restocks. One handler for the three, so that
// a batch locks all stock that it needs at once, in one order, and changes each item once.
import { OrderCancelledSchema, OrderConfirmedSchema, OrderPlacedSchema } from "@ordermesh/proto/order";
import { defineHandler, type EventHandler } from "@ordermesh/runtime/consumer";
import { PoisonError } from "@ordermesh/runtime/errors";
import type { Event, EventEncoder } from "@ordermesh/runtime/events";
import type { OrderEvent, Reservation } from "../domain/reservation.ts";
import { ContradictoryEventError, type Settlement, settleOrders, touchedSkus } from "../domain/settle-orders.ts";
import { lockStock, readReservations, saveSettlement } from "../store/settle-batch.ts";
import { orderEventOf } from "./order-event.ts";
import { stockEvent } from "./stock-event.ts";

export interface OrderEventPorts {
  readonly encoder: EventEncoder;
  readonly now: () => Date;
}

export function onOrderEvents({ encoder, now }: OrderEventPorts): EventHandler {
  return defineHandler({
    messages: [OrderPlacedSchema, OrderConfirmedSchema, OrderCancelledSchema],
    async apply(events, tx, context) {
      const orderEvents = events.map(orderEventOf);
      const known = await readReservations(tx, [...new Set(orderEvents.map((event) => event.orderId))]);
      const available = await lockStock(tx, touchedSkus(orderEvents, known));
      const settlement = settle(events, orderEvents, available, known);
      const time = now();
      await saveSettlement(tx, settlement, time);
      for (const { cause, outcome } of settlement.outcomes) {
        const event = events[cause];
        if (event !== undefined) context.emit(stockEvent(encoder, outcome, event, time));
      }
    },
  });
}

function settle(
  events: readonly Event[],
  orderEvents: readonly OrderEvent[],
  available: ReadonlyMap<string, number>,
  known: ReadonlyMap<string, Reservation>,
): Settlement {
  try {
    return settleOrders(available, known, orderEvents);
  } catch (error) {
    const event = error instanceof ContradictoryEventError ? events[error.position] : undefined;
    if (event === undefined) throw error;
    throw new PoisonError(event.id, (error as Error).message, { cause: error });
  }
}
