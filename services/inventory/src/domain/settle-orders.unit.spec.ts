import { describe, expect, it } from "vitest";
import type { OrderEvent, Reservation, ReservationStatus } from "./reservation.ts";
import { ContradictoryEventError, settleOrders, touchedSkus } from "./settle-orders.ts";

const customerId = "ada";

function placed(orderId: string, ...lines: [sku: string, quantity: number][]): OrderEvent {
  return { type: "OrderPlaced", orderId, customerId, lines: lines.map(([sku, quantity]) => ({ sku, quantity })) };
}
const confirmed = (orderId: string): OrderEvent => ({ type: "OrderConfirmed", orderId, customerId });
const cancelled = (orderId: string): OrderEvent => ({ type: "OrderCancelled", orderId, customerId });

function reservation(orderId: string, status: ReservationStatus, ...lines: [string, number][]): Reservation {
  return { orderId, customerId, status, lines: lines.map(([sku, quantity]) => ({ sku, quantity })) };
}

function given(available: Record<string, number>, reservations: Reservation[] = []) {
  const known = new Map(reservations.map((one) => [one.orderId, one]));
  return {
    when: (...events: OrderEvent[]) => settleOrders(new Map(Object.entries(available)), known, events),
    touched: (...events: OrderEvent[]) => touchedSkus(events, known),
  };
}

describe("placing", () => {
  it("reserves every line of an order", () => {
    const then = given({ mug: 5, cup: 5 }).when(placed("o1", ["mug", 2], ["cup", 1]));
    expect(then.outcomes).toEqual([{ cause: 0, outcome: { type: "StockReserved", orderId: "o1" } }]);
    expect(then.stockChanges).toEqual([
      { sku: "mug", available: -2, reserved: 2, deducted: 0 },
      { sku: "cup", available: -1, reserved: 1, deducted: 0 },
    ]);
    expect(then.created).toEqual([reservation("o1", "RESERVED", ["mug", 2], ["cup", 1])]);
  });

  it("reserves nothing of an order with one short line and names what was short", () => {
    const then = given({ mug: 5, cup: 0 }).when(placed("o1", ["mug", 2], ["cup", 1]));
    expect(then.outcomes[0]?.outcome).toEqual({ type: "StockRejected", orderId: "o1", shortSkus: ["cup"] });
    expect(then.stockChanges).toEqual([]);
    expect(then.created).toEqual([reservation("o1", "REJECTED", ["mug", 2], ["cup", 1])]);
  });

  it("rejects an item that nobody knows", () => {
    const then = given({}).when(placed("o1", ["ghost", 1]));
    expect(then.outcomes[0]?.outcome).toEqual({ type: "StockRejected", orderId: "o1", shortSkus: ["ghost"] });
  });

  it("changes the stock of an item once for thirty orders", () => {
    const orders = Array.from({ length: 30 }, (_, index) => placed(`o${index}`, ["hot", 1]));
    const then = given({ hot: 100 }).when(...orders);
    expect(then.stockChanges).toEqual([{ sku: "hot", available: -30, reserved: 30, deducted: 0 }]);
    expect(then.created).toHaveLength(30);
  });

  it("gives the last pieces to those who came first", () => {
    const then = given({ hot: 3 }).when(placed("o1", ["hot", 2]), placed("o2", ["hot", 2]), placed("o3", ["hot", 1]));
    expect(then.outcomes.map((one) => one.outcome.type)).toEqual(["StockReserved", "StockRejected", "StockReserved"]);
  });

  it("sums lines of the same item before it compares them with the stock", () => {
    const then = given({ mug: 3 }).when(placed("o1", ["mug", 2], ["mug", 2]));
    expect(then.outcomes[0]?.outcome).toEqual({ type: "StockRejected", orderId: "o1", shortSkus: ["mug"] });
    expect(then.created).toEqual([reservation("o1", "REJECTED", ["mug", 4])]);
  });

  it("ignores an order that it holds already", () => {
    const then = given({ mug: 5 }, [reservation("o1", "RESERVED", ["mug", 1])]).when(placed("o1", ["mug", 1]));
    expect(then).toEqual({ outcomes: [], stockChanges: [], created: [], moved: [] });
  });
});

describe("confirming", () => {
  it("deducts what is reserved", () => {
    const then = given({}, [reservation("o1", "RESERVED", ["mug", 2])]).when(confirmed("o1"));
    expect(then.outcomes).toEqual([{ cause: 0, outcome: { type: "StockDeducted", orderId: "o1" } }]);
    expect(then.stockChanges).toEqual([{ sku: "mug", available: 0, reserved: -2, deducted: 2 }]);
    expect(then.moved).toEqual([reservation("o1", "DEDUCTED", ["mug", 2])]);
  });

  it("does nothing for an order that is deducted already", () => {
    const then = given({}, [reservation("o1", "DEDUCTED", ["mug", 2])]).when(confirmed("o1"));
    expect(then).toEqual({ outcomes: [], stockChanges: [], created: [], moved: [] });
  });

  it.each(["REJECTED", "RELEASED", "RESTOCKED"] as const)("refuses an order whose stock is %s", (status) => {
    const state = given({}, [reservation("o1", status, ["mug", 2])]);
    expect(() => state.when(confirmed("o1"))).toThrow(ContradictoryEventError);
  });

  it("refuses an order that was never placed, and says which event it was", () => {
    const state = given({ mug: 1 });
    expect(() => state.when(placed("o1", ["mug", 1]), confirmed("o2"))).toThrow(
      expect.objectContaining({ position: 1 }),
    );
  });
});

describe("cancelling", () => {
  it("releases what is reserved", () => {
    const then = given({}, [reservation("o1", "RESERVED", ["mug", 2])]).when(cancelled("o1"));
    expect(then.outcomes[0]?.outcome).toEqual({ type: "StockReleased", orderId: "o1" });
    expect(then.stockChanges).toEqual([{ sku: "mug", available: 2, reserved: -2, deducted: 0 }]);
  });

  it("restocks what was deducted", () => {
    const then = given({}, [reservation("o1", "DEDUCTED", ["mug", 2])]).when(cancelled("o1"));
    expect(then.outcomes[0]?.outcome).toEqual({ type: "StockRestocked", orderId: "o1" });
    expect(then.stockChanges).toEqual([{ sku: "mug", available: 2, reserved: 0, deducted: -2 }]);
  });

  it.each(["REJECTED", "RELEASED", "RESTOCKED"] as const)("does nothing for an order whose stock is %s", (status) => {
    const then = given({}, [reservation("o1", status, ["mug", 2])]).when(cancelled("o1"));
    expect(then).toEqual({ outcomes: [], stockChanges: [], created: [], moved: [] });
  });

  it("keeps an order from reserving when its placed event comes after its cancellation", () => {
    const first = given({ mug: 1 }).when(cancelled("o1"));
    expect(first.created).toEqual([reservation("o1", "RELEASED")]);
    expect(first.outcomes).toEqual([]);
    const then = given({ mug: 1 }, [...first.created]).when(placed("o1", ["mug", 1]));
    expect(then).toEqual({ outcomes: [], stockChanges: [], created: [], moved: [] });
  });
});

describe("a batch", () => {
  it("gives the pieces of a cancelled order to the next one", () => {
    const then = given({ mug: 1 }).when(placed("o1", ["mug", 1]), cancelled("o1"), placed("o2", ["mug", 1]));
    expect(then.outcomes.map((one) => one.outcome.type)).toEqual(["StockReserved", "StockReleased", "StockReserved"]);
    expect(then.stockChanges).toEqual([{ sku: "mug", available: -1, reserved: 1, deducted: 0 }]);
    expect(then.created.map((one) => one.status)).toEqual(["RELEASED", "RESERVED"]);
  });

  it("deducts and restocks an order that is confirmed and cancelled at once, with one change of status", () => {
    const then = given({ mug: 0 }, [reservation("o1", "RESERVED", ["mug", 2])]).when(confirmed("o1"), cancelled("o1"));
    expect(then.outcomes.map((one) => one.outcome.type)).toEqual(["StockDeducted", "StockRestocked"]);
    expect(then.stockChanges).toEqual([{ sku: "mug", available: 2, reserved: -2, deducted: 0 }]);
    expect(then.moved).toEqual([reservation("o1", "RESTOCKED", ["mug", 2])]);
  });

  it("leaves stock alone when what it takes and gives back is the same", () => {
    const then = given({ mug: 1 }).when(placed("o1", ["mug", 1]), cancelled("o1"));
    expect(then.stockChanges).toEqual([]);
  });

  it("keeps the sum of the counters of every item", () => {
    const reservations = [reservation("o1", "RESERVED", ["mug", 2]), reservation("o2", "DEDUCTED", ["mug", 3])];
    const then = given({ mug: 4 }, reservations).when(
      placed("o3", ["mug", 4]),
      confirmed("o1"),
      cancelled("o2"),
      placed("o4", ["mug", 9]),
    );
    for (const change of then.stockChanges) expect(change.available + change.reserved + change.deducted).toBe(0);
  });

  it("locks the items it may change in one order, and no other", () => {
    const state = given({}, [reservation("o1", "RESERVED", ["pan", 1]), reservation("o2", "REJECTED", ["jug", 1])]);
    const skus = state.touched(placed("o3", ["mug", 1], ["cup", 1]), confirmed("o1"), cancelled("o2"));
    expect(skus).toEqual(["cup", "mug", "pan"]);
  });
});
