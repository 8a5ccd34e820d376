// The state machine of a payment as data: which status each trigger may lead to. `decide` is checked against it.
import type { PaymentStatus } from "./payment.ts";
import type { TriggerKind } from "./trigger.ts";

/** Where a payment begins. */
export const initialStatus: PaymentStatus = "PENDING";

/** Changes of status only; a trigger that is not named leaves the status as it is. */
export const transitions: Readonly<Record<PaymentStatus, Partial<Record<TriggerKind, PaymentStatus>>>> = {
  PENDING: { authorized: "AUTHORIZED", declined: "DECLINED", voided: "VOIDED" },
  AUTHORIZED: { captured: "CAPTURED", voided: "VOIDED" },
  CAPTURED: { refunded: "REFUNDED" },
  DECLINED: {},
  VOIDED: {},
  REFUNDED: {},
};
