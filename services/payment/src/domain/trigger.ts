// What can happen to a payment.

export type Trigger =
  | { readonly kind: "order-confirmed" }
  | { readonly kind: "order-cancelled" }
  /** An operator asks; without an amount for all that is left. */
  | { readonly kind: "refund-requested"; readonly amount?: bigint | undefined }
  | ProviderOutcome;

/** How the provider answered an operation. */
export type ProviderOutcome =
  | { readonly kind: "authorized" }
  | { readonly kind: "declined"; readonly code: string }
  | { readonly kind: "captured" }
  | { readonly kind: "capture-declined"; readonly code: string }
  | { readonly kind: "voided" }
  | { readonly kind: "void-declined"; readonly code: string }
  | { readonly kind: "refunded"; readonly amount: bigint }
  | { readonly kind: "refund-declined"; readonly amount: bigint; readonly code: string };

export type TriggerKind = Trigger["kind"];
