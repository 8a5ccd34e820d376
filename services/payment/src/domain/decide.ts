// Decides what a trigger does to a payment. Whatever the order of events, nobody is charged twice and nothing stays
// held or taken for a cancelled order: a good answer that comes too late is compensated, never dropped.
import { type OperationOrigin, type PaymentState, type PlannedOperation, refundable } from "./payment.ts";
import type { Trigger } from "./trigger.ts";

/** The news for the rest of the platform. */
export type PaymentNews = "authorized" | "declined" | "captured" | "voided" | "refunded";

export type Refusal = "not-captured" | "exceeds-captured" | "not-allowed";

export type Decision =
  | {
      readonly kind: "changed";
      readonly state: PaymentState;
      readonly operations: readonly PlannedOperation[];
      /** The authorisation that is still on its way is no longer waited for. */
      readonly supersedesAuthorization: boolean;
      readonly news: PaymentNews | undefined;
    }
  | { readonly kind: "unchanged" }
  | { readonly kind: "refused"; readonly refusal: Refusal };

const unchanged: Decision = { kind: "unchanged" };

export function decide(state: PaymentState, trigger: Trigger): Decision {
  switch (trigger.kind) {
    case "order-confirmed":
      return confirm(state);
    case "order-cancelled":
      return cancel(state);
    case "refund-requested":
      return requestRefund(state, trigger.amount);
    case "authorized":
      return authorized(state);
    case "declined":
      // Declined after the cancellation: the void that is under way settles it.
      if (state.status !== "PENDING" || state.orderCancelled) return unchanged;
      return changed({ ...state, status: "DECLINED", declineCode: trigger.code }, { news: "declined" });
    case "captured":
      return captured(state);
    case "capture-declined":
      if (state.status !== "AUTHORIZED") return unchanged;
      return changed(
        { ...state, captureRequested: false },
        { operations: state.orderCancelled ? [voiding(state)] : [] },
      );
    case "voided":
      if (state.status !== "PENDING" && state.status !== "AUTHORIZED") return unchanged;
      return changed({ ...state, status: "VOIDED", captureRequested: false }, { news: "voided" });
    case "void-declined":
      return unchanged;
    case "refunded":
      return refunded(state, trigger.amount);
    case "refund-declined":
      if (state.status !== "CAPTURED" || trigger.amount > state.refundPending) return refused("not-allowed");
      return changed({ ...state, refundPending: state.refundPending - trigger.amount });
    default:
      return trigger satisfies never;
  }
}

function confirm(state: PaymentState): Decision {
  if (state.captureRequested || state.orderCancelled) return unchanged;
  switch (state.status) {
    case "PENDING":
      return changed({ ...state, captureRequested: true });
    case "AUTHORIZED":
      return changed({ ...state, captureRequested: true }, { operations: [capturing(state)] });
    case "CAPTURED":
    case "REFUNDED":
      return unchanged;
    case "DECLINED":
    case "VOIDED":
      return refused("not-allowed");
    default:
      return state.status satisfies never;
  }
}

function cancel(state: PaymentState): Decision {
  if (state.orderCancelled) return unchanged;
  const cancelled = { ...state, orderCancelled: true };
  switch (state.status) {
    case "PENDING":
      // Whether the provider holds anything is unknown; its void covers both, and an authorisation that comes later.
      return changed(cancelled, { operations: [voiding(state)], supersedesAuthorization: true });
    case "AUTHORIZED":
      // A capture in flight may succeed: it is refunded then.
      return changed(cancelled, { operations: state.captureRequested ? [] : [voiding(state)] });
    case "CAPTURED":
      return compensate(cancelled);
    case "DECLINED":
    case "VOIDED":
    case "REFUNDED":
      return unchanged;
    default:
      return state.status satisfies never;
  }
}

function authorized(state: PaymentState): Decision {
  switch (state.status) {
    case "PENDING":
      if (state.orderCancelled) return changed(state, { operations: [voiding(state)] });
      return changed(
        { ...state, status: "AUTHORIZED" },
        { news: "authorized", operations: state.captureRequested ? [capturing(state)] : [] },
      );
    case "DECLINED":
    case "VOIDED":
      return changed(state, { operations: [voiding(state)] });
    case "AUTHORIZED":
    case "CAPTURED":
    case "REFUNDED":
      return unchanged;
    default:
      return state.status satisfies never;
  }
}

function captured(state: PaymentState): Decision {
  if (state.status === "CAPTURED" || state.status === "REFUNDED") return unchanged;
  if (state.status !== "AUTHORIZED") return refused("not-allowed");
  const taken: PaymentState = { ...state, status: "CAPTURED", captured: state.amount, captureRequested: false };
  if (!taken.orderCancelled) return changed(taken, { news: "captured" });
  const compensation = compensate(taken);
  return compensation.kind === "changed" ? { ...compensation, news: "captured" } : compensation;
}

function refunded(state: PaymentState, amount: bigint): Decision {
  if (state.status !== "CAPTURED" || amount > state.refundPending) return refused("not-allowed");
  const total = state.refunded + amount;
  const status = total === state.captured ? "REFUNDED" : "CAPTURED";
  return changed(
    { ...state, status, refunded: total, refundPending: state.refundPending - amount },
    { news: "refunded" },
  );
}

function requestRefund(state: PaymentState, amount = refundable(state)): Decision {
  if (state.status !== "CAPTURED" && state.status !== "REFUNDED") return refused("not-captured");
  if (amount <= 0n || amount > refundable(state)) return refused("exceeds-captured");
  return refund(state, amount, "requested");
}

function compensate(state: PaymentState): Decision {
  const left = refundable(state);
  return left > 0n ? refund(state, left, "saga") : changed(state);
}

function refund(state: PaymentState, amount: bigint, origin: OperationOrigin): Decision {
  const refundPending = state.refundPending + amount;
  return changed({ ...state, refundPending }, { operations: [{ kind: "REFUND", amount, origin }] });
}

function capturing({ amount }: PaymentState): PlannedOperation {
  return { kind: "CAPTURE", amount, origin: "saga" };
}

function voiding({ amount }: PaymentState): PlannedOperation {
  return { kind: "VOID", amount, origin: "saga" };
}

function changed(
  state: PaymentState,
  what: { operations?: readonly PlannedOperation[]; supersedesAuthorization?: boolean; news?: PaymentNews } = {},
): Decision {
  const { operations = [], supersedesAuthorization = false, news } = what;
  return { kind: "changed", state, operations, supersedesAuthorization, news };
}

function refused(refusal: Refusal): Decision {
  return { kind: "refused", refusal };
}
