// What payment needs from a provider. Every call carries an idempotency key: the provider does a thing once per key and
// gives the recorded answer to a repeat. What an implementation must keep is in provider-contract.ts.

interface ProviderRequest {
  readonly idempotencyKey: string;
  /** Our own name for what is paid: the order id. */
  readonly reference: string;
}

export interface AuthorizeRequest extends ProviderRequest {
  /** The provider's token for the customer's means of payment. Never to be logged. */
  readonly token: string;
  readonly amount: bigint;
  readonly currency: string;
}

/** About an authorisation, named by the key that it was asked for with. */
export interface VoidRequest extends ProviderRequest {
  readonly authorizationKey: string;
}

export interface CaptureRequest extends VoidRequest {
  readonly amount: bigint;
}

export type RefundRequest = CaptureRequest;

/** A final answer. A refusal does not change when the call is repeated. */
export type ProviderAnswer = { readonly outcome: "approved" } | { readonly outcome: "declined"; readonly code: string };

/**
 * A call resolves with a final answer; when it rejects or is aborted, whether it took effect is unknown and it is to be
 * repeated with the same key.
 */
export interface PaymentProvider {
  authorize(request: AuthorizeRequest, signal: AbortSignal): Promise<ProviderAnswer>;
  /** Takes what an authorisation holds; an authorisation is captured once. */
  capture(request: CaptureRequest, signal: AbortSignal): Promise<ProviderAnswer>;
  /**
   * Gives up what an authorisation holds. Approved as well when nothing is held, and an authorisation with that key that
   * arrives later is then declined. Declined when it was captured.
   */
  void(request: VoidRequest, signal: AbortSignal): Promise<ProviderAnswer>;
  /** Gives back a part of what was captured, never more than that. */
  refund(request: RefundRequest, signal: AbortSignal): Promise<ProviderAnswer>;
}

/** The provider could not do it now: overload, outage, a lost connection. */
export class ProviderUnavailableError extends Error {
  override readonly name: string = "ProviderUnavailableError";
}

/** The provider did not answer in time. */
export class ProviderTimeoutError extends ProviderUnavailableError {
  override readonly name = "ProviderTimeoutError";

  constructor(timeoutMs: number) {
    super(`no answer within ${timeoutMs} ms`);
  }
}
