// What a payment is, without database, clock or provider.

export const paymentStatuses = ["PENDING", "AUTHORIZED", "DECLINED", "CAPTURED", "VOIDED", "REFUNDED"] as const;
export type PaymentStatus = (typeof paymentStatuses)[number];

/** Amounts are minor units of the payment's currency. */
export interface PaymentState {
  readonly status: PaymentStatus;
  readonly amount: bigint;
  readonly captured: bigint;
  /** Given back by the provider. */
  readonly refunded: bigint;
  /** Recorded, and not yet given back. */
  readonly refundPending: bigint;
  /** The order was confirmed, and the capture is not done yet. */
  readonly captureRequested: boolean;
  readonly orderCancelled: boolean;
  /** The provider's code when it declined, else empty. */
  readonly declineCode: string;
}

export type OperationKind = "AUTHORIZE" | "CAPTURE" | "VOID" | "REFUND";

/** saga: the life of the order asked for it, compensation included; requested: an operator did. */
export type OperationOrigin = "saga" | "requested";

/** Something that the provider has to be asked. */
export interface PlannedOperation {
  readonly kind: OperationKind;
  readonly amount: bigint;
  readonly origin: OperationOrigin;
}

/** A payment as it begins: the authorisation is on its way. */
export function newPayment(amount: bigint): PaymentState {
  return {
    status: "PENDING",
    amount,
    captured: 0n,
    refunded: 0n,
    refundPending: 0n,
    captureRequested: false,
    orderCancelled: false,
    declineCode: "",
  };
}

/** What could still be refunded: captured, and neither given back nor about to be. */
export function refundable({ captured, refunded, refundPending }: PaymentState): bigint {
  return captured - refunded - refundPending;
}
