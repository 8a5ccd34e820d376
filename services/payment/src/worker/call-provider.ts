// Asks the provider for an operation and says what its answer means for the payment.
import type { ProviderOutcome } from "../domain/trigger.ts";
import type { PaymentProvider, ProviderAnswer } from "../provider/port.ts";
import type { ClaimedOperation } from "../store/payment.ts";

export async function callProvider(
  provider: PaymentProvider,
  { payment, operation }: ClaimedOperation,
  signal: AbortSignal,
): Promise<ProviderOutcome> {
  const { amount } = operation;
  const request = { idempotencyKey: operation.id, reference: payment.orderId };
  // The authorisation was asked for with the id of its payment.
  const authorizationKey = payment.id;
  switch (operation.kind) {
    case "AUTHORIZE": {
      const { token, currency } = payment;
      const code = refusal(await provider.authorize({ ...request, token, amount, currency }, signal));
      return code === undefined ? { kind: "authorized" } : { kind: "declined", code };
    }
    case "CAPTURE": {
      const code = refusal(await provider.capture({ ...request, authorizationKey, amount }, signal));
      return code === undefined ? { kind: "captured" } : { kind: "capture-declined", code };
    }
    case "VOID": {
      const code = refusal(await provider.void({ ...request, authorizationKey }, signal));
      return code === undefined ? { kind: "voided" } : { kind: "void-declined", code };
    }
    case "REFUND": {
      const code = refusal(await provider.refund({ ...request, authorizationKey, amount }, signal));
      return code === undefined ? { kind: "refunded", amount } : { kind: "refund-declined", amount, code };
    }
    default:
      return operation.kind satisfies never;
  }
}

function refusal(answer: ProviderAnswer): string | undefined {
  return answer.outcome === "declined" ? answer.code : undefined;
}
