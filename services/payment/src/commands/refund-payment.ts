// Records a refund that an operator asks for. A worker carries it out.
import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  PaymentService,
  type RefundPaymentRequest,
  RefundPaymentRequestSchema,
  RefundPaymentResponseSchema,
} from "@ordermesh/proto/payment";
import type { Caller } from "@ordermesh/runtime/auth";
import type { Database, Transaction } from "@ordermesh/runtime/database";
import { DomainError, errors } from "@ordermesh/runtime/errors";
import { type OnceResult, requestHash, runOnce } from "@ordermesh/runtime/idempotency";
import { decide, type Refusal } from "../domain/decide.ts";
import { refundable } from "../domain/payment.ts";
import { paymentErrors, paymentNotFound } from "../errors.ts";
import { paymentMessage } from "../queries/payment-message.ts";
import { type ClaimedOperation, lockPayments, type Payment } from "../store/payment.ts";
import { readPayment } from "../store/read-payment.ts";
import { storeChanges } from "../store/store-changes.ts";
import { runnerOf } from "../store/transaction-runner.ts";
import { openedOperations, type PlanPorts, planChange } from "./plan-change.ts";

export interface RefundPorts extends PlanPorts {
  readonly database: Database;
  /** Takes over operations that are leased to this process. */
  readonly work: (claimed: readonly ClaimedOperation[]) => void;
}

const { refundPayment: method } = PaymentService.method;
const methodName = `${PaymentService.typeName}/${method.name}`;

type Response = MessageInitShape<typeof RefundPaymentResponseSchema>;

/**
 * Records a refund once per caller and key. Throws PAYMENT_NOT_FOUND, PAYMENT_NOT_CAPTURED, REFUND_EXCEEDS_CAPTURED,
 * CURRENCY_MISMATCH, VALIDATION_FAILED and IDEMPOTENCY_KEY_REUSED.
 */
export async function refundPayment(
  ports: RefundPorts,
  caller: Caller,
  key: string,
  request: RefundPaymentRequest,
  signal?: AbortSignal,
): Promise<OnceResult<typeof RefundPaymentResponseSchema>> {
  let claimed: readonly ClaimedOperation[] = [];
  const result = await runOnce(
    ports.database,
    {
      caller: caller.subject,
      key,
      method: methodName,
      hash: requestHash(methodName, RefundPaymentRequestSchema, request),
      schema: RefundPaymentResponseSchema,
      signal,
    },
    async (tx) => {
      const recorded = await recordRefund(ports, caller, request, tx);
      claimed = recorded.claimed;
      return recorded.response;
    },
  );
  ports.work(claimed);
  return result;
}

async function recordRefund(
  ports: RefundPorts,
  caller: Caller,
  { paymentId, amount }: RefundPaymentRequest,
  tx: Transaction,
): Promise<{ response: Response; claimed: readonly ClaimedOperation[] }> {
  const payment = (await lockPayments(tx, [paymentId])).get(paymentId.toLowerCase());
  if (payment === undefined || !(caller.operator || payment.customerId === caller.subject)) {
    throw paymentNotFound(paymentId);
  }
  if (amount !== undefined) checkAmount(payment, amount);
  const decision = decide(payment.state, { kind: "refund-requested", amount: amount?.minorUnits });
  if (decision.kind !== "changed") throw refusal(payment, amount?.minorUnits, decision);
  const now = ports.now();
  const lease = ports.lease();
  const change = planChange(ports, payment, decision, now);
  await storeChanges(runnerOf(tx), [change], now, lease);
  const response = { payment: paymentMessage(await readPayment(tx, payment.id)) };
  return { response, claimed: openedOperations(change, lease) };
}

function checkAmount(payment: Payment, amount: NonNullable<RefundPaymentRequest["amount"]>): void {
  if (amount.currencyCode !== payment.currency) {
    const description = `given ${JSON.stringify(amount.currencyCode)}, allowed ${payment.currency}, the currency of the payment`;
    const { code: reason } = paymentErrors.currencyMismatch;
    throw new DomainError(paymentErrors.currencyMismatch, `amount.currency_code: ${description}`, {
      violations: [{ field: "amount.currency_code", description, reason }],
    });
  }
  if (amount.minorUnits <= 0n) {
    const description = `given ${amount.minorUnits}, allowed 1 or more; leave the amount out to refund all that is left`;
    throw new DomainError(errors.VALIDATION_FAILED, `amount.minor_units: ${description}`, {
      violations: [{ field: "amount.minor_units", description }],
    });
  }
}

function refusal(
  { id, state }: Payment,
  requested: bigint | undefined,
  decision: { readonly kind: "unchanged" } | { readonly kind: "refused"; readonly refusal: Refusal },
): DomainError {
  if (decision.kind === "refused" && decision.refusal === "not-captured") {
    return new DomainError(paymentErrors.paymentNotCaptured, `payment ${id} is ${state.status}, nothing was captured`, {
      metadata: { payment_id: id, status: state.status },
    });
  }
  const left = refundable(state);
  const wanted = requested ?? left;
  const message = `given ${wanted}, allowed up to ${left}: captured ${state.captured}, refunded ${state.refunded}, being refunded ${state.refundPending}`;
  return new DomainError(paymentErrors.refundExceedsCaptured, message, {
    metadata: {
      payment_id: id,
      requested: String(wanted),
      refundable: String(left),
      captured: String(state.captured),
      refunded: String(state.refunded),
      refund_pending: String(state.refundPending),
    },
  });
}
