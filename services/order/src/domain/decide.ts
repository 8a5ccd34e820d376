// Decides what a trigger does to an order. Pure: the caller passes the state and stores what comes back.
import type { CancellationReason, OrderState, OrderStatus, SagaOutcome, Shipment } from "./order.ts";
import { type Cause, targetOf } from "./transitions.ts";

/** Something that happened elsewhere, or that somebody asks for. */
export type Trigger =
  | { readonly kind: "stock-reserved" }
  | { readonly kind: "stock-rejected"; readonly shortSkus: readonly string[] }
  | { readonly kind: "payment-authorized" }
  | { readonly kind: "payment-declined"; readonly declineCode: string }
  | { readonly kind: "cancel-requested"; readonly detail: string }
  | { readonly kind: "deadline-passed" }
  | { readonly kind: "shipped"; readonly shipment: Shipment }
  | { readonly kind: "delivered" };

export interface Cancellation {
  readonly reason: CancellationReason;
  readonly detail: string;
}

export type Decision =
  /** The order entered `state.status`; `cause` says why, for people. */
  | {
      readonly kind: "changed";
      readonly state: OrderState;
      readonly cause: string;
      readonly cancellation?: Cancellation;
    }
  /** An outcome was noted; the status stays. */
  | { readonly kind: "noted"; readonly state: OrderState }
  /** Already so, or too late to matter: the order stays as it is. */
  | { readonly kind: "unchanged" }
  /** The lifecycle does not allow it. */
  | { readonly kind: "refused"; readonly from: OrderStatus; readonly cause: Cause };

const unchanged: Decision = { kind: "unchanged" };

/** Returns what `trigger` does to an order in `state`. Unknown triggers are a compile error. */
export function decide(state: OrderState, trigger: Trigger): Decision {
  switch (trigger.kind) {
    case "stock-reserved":
      return settle(state, { stock: "GOOD" });
    case "payment-authorized":
      return settle(state, { payment: "GOOD" });
    case "stock-rejected": {
      const detail = `not enough stock of ${trigger.shortSkus.join(", ")}`;
      return fail({ ...state, stock: "BAD" }, state.stock, "stock-rejected", { reason: "STOCK_REJECTED", detail });
    }
    case "payment-declined": {
      const cancellation: Cancellation = { reason: "PAYMENT_DECLINED", detail: trigger.declineCode };
      return fail({ ...state, payment: "BAD" }, state.payment, "payment-declined", cancellation);
    }
    case "cancel-requested":
      if (state.status === "CANCELLED") return unchanged;
      return move(state, "cancel-requested", "cancellation requested", { reason: "REQUESTED", detail: trigger.detail });
    case "deadline-passed":
      if (state.status !== "PENDING") return unchanged;
      return move(state, "deadline-passed", "saga deadline passed", {
        reason: "DEADLINE_EXCEEDED",
        detail: "stock and payment were not both settled in time",
      });
    case "shipped":
      if (state.status === "SHIPPED" && sameShipment(state.shipment, trigger.shipment)) return unchanged;
      return move({ ...state, shipment: trigger.shipment }, "shipped", "shipped");
    case "delivered":
      if (state.status === "DELIVERED") return unchanged;
      return move(state, "delivered", "delivered");
    default:
      return trigger satisfies never;
  }
}

/** Notes a good outcome; the second one confirms. A late outcome of an ended order is compensated by its sender. */
function settle(state: OrderState, outcome: { stock?: SagaOutcome; payment?: SagaOutcome }): Decision {
  if (state.status !== "PENDING") return unchanged;
  const next: OrderState = { ...state, ...outcome };
  if (next.stock === "GOOD" && next.payment === "GOOD") {
    return move(next, "stock-and-payment-good", "stock reserved and payment authorised");
  }
  if (next.stock === state.stock && next.payment === state.payment) return unchanged;
  return { kind: "noted", state: next };
}

function fail(state: OrderState, before: SagaOutcome, cause: Cause, cancellation: Cancellation): Decision {
  if (state.status !== "PENDING" || before === "BAD") return unchanged;
  const text = cause === "stock-rejected" ? "stock rejected" : "payment declined";
  return move(state, cause, `${text}: ${cancellation.detail}`, cancellation);
}

function move(state: OrderState, cause: Cause, text: string, cancellation?: Cancellation): Decision {
  const to = targetOf(state.status, cause);
  if (to === undefined) return { kind: "refused", from: state.status, cause };
  const next = { ...state, status: to };
  return { kind: "changed", state: next, cause: text, ...(cancellation && { cancellation }) };
}

const sameShipment = (a: Shipment | undefined, b: Shipment): boolean =>
  a !== undefined && a.carrier === b.carrier && a.trackingNumber === b.trackingNumber;
