// The events that payment announces.
import type { DescMessage, MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  PaymentAuthorizedSchema,
  PaymentCapturedSchema,
  PaymentDeclinedSchema,
  PaymentRefundedSchema,
  PaymentVoidedSchema,
} from "@ordermesh/proto/payment";
import type { PaymentNews } from "../domain/decide.ts";
import type { PaymentState } from "../domain/payment.ts";

interface Subject {
  readonly id: string;
  readonly orderId: string;
  readonly currency: string;
}

/** Hands the schema and the message to `encode`, which keeps their types together. */
type Encode<R> = <D extends DescMessage>(schema: D, message: MessageInitShape<D>) => R;

/** Encodes the event for news about a payment. `refunded` is what this refund gave back. */
export function announce<R>(
  news: PaymentNews,
  subject: Subject,
  state: PaymentState,
  refunded: bigint,
  at: Date,
  encode: Encode<R>,
): R {
  const common = { orderId: subject.orderId, paymentId: subject.id, time: timestampFromDate(at) };
  const money = (minorUnits: bigint) => ({ currencyCode: subject.currency, minorUnits });
  switch (news) {
    case "authorized":
      return encode(PaymentAuthorizedSchema, { ...common, amount: money(state.amount) });
    case "declined":
      return encode(PaymentDeclinedSchema, { ...common, declineCode: state.declineCode });
    case "captured":
      return encode(PaymentCapturedSchema, { ...common, amount: money(state.captured) });
    case "voided":
      return encode(PaymentVoidedSchema, common);
    case "refunded":
      return encode(PaymentRefundedSchema, { ...common, amount: money(refunded) });
    default:
      return news satisfies never;
  }
}
