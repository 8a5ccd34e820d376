export {
  type PaymentAuthorized,
  PaymentAuthorizedSchema,
  type PaymentCaptured,
  PaymentCapturedSchema,
  type PaymentDeclined,
  PaymentDeclinedSchema,
  type PaymentRefunded,
  PaymentRefundedSchema,
  type PaymentVoided,
  PaymentVoidedSchema,
} from "../gen/ordermesh/payment/v1/payment_events_pb.js";
export {
  type Payment,
  PaymentSchema,
  PaymentStatus,
  PaymentStatusSchema,
} from "../gen/ordermesh/payment/v1/payment_pb.js";
export {
  type GetPaymentRequest,
  GetPaymentRequestSchema,
  type GetPaymentResponse,
  GetPaymentResponseSchema,
  type ListPaymentsRequest,
  ListPaymentsRequestSchema,
  type ListPaymentsResponse,
  ListPaymentsResponseSchema,
  PaymentService,
  type RefundPaymentRequest,
  RefundPaymentRequestSchema,
  type RefundPaymentResponse,
  RefundPaymentResponseSchema,
} from "../gen/ordermesh/payment/v1/payment_service_pb.js";
