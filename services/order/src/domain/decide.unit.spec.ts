import { describe, expect, it } from "vitest";
import { type Decision, decide, type Trigger } from "./decide.ts";
import { newOrder, type OrderState, type OrderStatus, orderStatuses } from "./order.ts";
import { transitions } from "./transitions.ts";

const shipment = { carrier: "DHL", trackingNumber: "T-1" };
const triggers: Record<Trigger["kind"], Trigger> = {
  "stock-reserved": { kind: "stock-reserved" },
  "stock-rejected": { kind: "stock-rejected", shortSkus: ["mug-blue"] },
  "payment-authorized": { kind: "payment-authorized" },
  "payment-declined": { kind: "payment-declined", declineCode: "insufficient_funds" },
  "cancel-requested": { kind: "cancel-requested", detail: "changed my mind" },
  "deadline-passed": { kind: "deadline-passed" },
  shipped: { kind: "shipped", shipment },
  delivered: { kind: "delivered" },
};

/** Runs triggers in order, keeping the state wherever one changes nothing. */
function given(...kinds: Trigger["kind"][]): OrderState {
  return kinds.reduce<OrderState>((state, kind) => {
    const decision = decide(state, triggers[kind]);
    return "state" in decision ? decision.state : state;
  }, newOrder);
}

const when = (state: OrderState, kind: Trigger["kind"]): Decision => decide(state, triggers[kind]);

const confirmed = given("stock-reserved", "payment-authorized");
const cancelled = given("stock-rejected");
const shipped = given("stock-reserved", "payment-authorized", "shipped");
const delivered = given("stock-reserved", "payment-authorized", "shipped", "delivered");

describe("an order that is PENDING", () => {
  it("is confirmed by stock and payment, in either order", () => {
    expect(confirmed.status).toBe("CONFIRMED");
    expect(given("payment-authorized", "stock-reserved").status).toBe("CONFIRMED");
  });

  it("only notes the first of the two outcomes", () => {
    expect(when(newOrder, "stock-reserved")).toMatchObject({ kind: "noted", state: { stock: "GOOD" } });
    expect(when(newOrder, "payment-authorized")).toMatchObject({ kind: "noted", state: { payment: "GOOD" } });
  });

  it.each([
    ["stock-rejected", "STOCK_REJECTED", /mug-blue/],
    ["payment-declined", "PAYMENT_DECLINED", /insufficient_funds/],
    ["cancel-requested", "REQUESTED", /changed my mind/],
    ["deadline-passed", "DEADLINE_EXCEEDED", /in time/],
  ] as const)("is cancelled by %s and keeps the reason", (kind, reason, detail) => {
    const decision = when(newOrder, kind);
    expect(decision).toMatchObject({ kind: "changed", state: { status: "CANCELLED" }, cancellation: { reason } });
    expect(decision.kind === "changed" && decision.cancellation?.detail).toMatch(detail);
  });

  it("is cancelled by a decline that arrives after the reservation", () => {
    expect(given("stock-reserved", "payment-declined").status).toBe("CANCELLED");
  });

  it.each(["shipped", "delivered"] as const)("refuses to be %s", (kind) => {
    expect(when(newOrder, kind)).toMatchObject({ kind: "refused", from: "PENDING" });
  });

  it("does nothing when an outcome repeats", () => {
    expect(when(given("stock-reserved"), "stock-reserved")).toEqual({ kind: "unchanged" });
  });
});

describe("an order that has left PENDING", () => {
  it.each([
    ["CONFIRMED", confirmed],
    ["CANCELLED", cancelled],
    ["SHIPPED", shipped],
    ["DELIVERED", delivered],
  ] as const)("%s ignores late outcomes and the deadline", (_status, state) => {
    for (const kind of ["stock-reserved", "stock-rejected", "payment-authorized", "payment-declined"] as const) {
      expect(when(state, kind)).toEqual({ kind: "unchanged" });
    }
    expect(when(state, "deadline-passed")).toEqual({ kind: "unchanged" });
  });

  it("can be cancelled while CONFIRMED, not once SHIPPED or DELIVERED", () => {
    expect(when(confirmed, "cancel-requested")).toMatchObject({ kind: "changed", state: { status: "CANCELLED" } });
    expect(when(shipped, "cancel-requested")).toMatchObject({ kind: "refused", from: "SHIPPED" });
    expect(when(delivered, "cancel-requested")).toMatchObject({ kind: "refused", from: "DELIVERED" });
  });

  it("takes a repeated request as already done", () => {
    expect(when(cancelled, "cancel-requested")).toEqual({ kind: "unchanged" });
    expect(when(shipped, "shipped")).toEqual({ kind: "unchanged" });
    expect(when(delivered, "delivered")).toEqual({ kind: "unchanged" });
  });

  it("refuses another shipment than the one it has", () => {
    const other: Trigger = { kind: "shipped", shipment: { ...shipment, trackingNumber: "T-2" } };
    expect(decide(shipped, other)).toMatchObject({ kind: "refused", from: "SHIPPED" });
  });

  it("refuses to ship what is cancelled and to deliver what is not shipped", () => {
    expect(when(cancelled, "shipped")).toMatchObject({ kind: "refused" });
    expect(when(confirmed, "delivered")).toMatchObject({ kind: "refused" });
  });
});

describe("the transition table", () => {
  it("reaches every status from PENDING", () => {
    const reached = new Set<OrderStatus>(["PENDING"]);
    for (let size = 0; size !== reached.size; ) {
      size = reached.size;
      for (const { from, to } of transitions) if (reached.has(from)) reached.add(to);
    }
    expect([...reached].sort()).toEqual([...orderStatuses].sort());
  });

  it("leads out of every status but the final ones", () => {
    const left = new Set(transitions.map(({ from }) => from));
    expect(orderStatuses.filter((status) => !left.has(status))).toEqual(["CANCELLED", "DELIVERED"]);
  });

  it("names each step once", () => {
    const steps = transitions.map(({ from, cause }) => `${from} ${cause}`);
    expect(new Set(steps).size).toBe(steps.length);
  });
});

// A bucket that moves leaves its inbox behind, so an outcome may reach the new shard again; and one that was parked may
// come after those that were not.
describe("outcomes of stock and payment", () => {
  const outcomes = ["stock-reserved", "stock-rejected", "payment-authorized", "payment-declined"] as const;
  const later = ["cancel-requested", "deadline-passed", "shipped", "delivered"] as const;

  /** All sequences of up to `length` different kinds. */
  function* histories(kinds: readonly Trigger["kind"][], length: number): Generator<Trigger["kind"][]> {
    yield [];
    if (length === 0) return;
    for (const kind of kinds) {
      const others = kinds.filter((other) => other !== kind);
      for (const rest of histories(others, length - 1)) yield [kind, ...rest];
    }
  }

  it("change nothing when they come again, whatever happened in between", () => {
    let cases = 0;
    for (const history of histories([...outcomes, ...later], 5)) {
      const state = given(...history);
      for (const outcome of outcomes) {
        if (!history.includes(outcome)) continue;
        expect(when(state, outcome), `${history.join(", ")}, then ${outcome} again`).toEqual({ kind: "unchanged" });
        cases += 1;
      }
    }
    expect(cases).toBeGreaterThan(10_000);
  });

  it("of stock and payment lead to the same status in either order, when nothing else happens", () => {
    for (const stock of ["stock-reserved", "stock-rejected"] as const) {
      for (const payment of ["payment-authorized", "payment-declined"] as const) {
        expect(given(stock, payment).status).toBe(given(payment, stock).status);
      }
    }
  });
});
