export { http } from "../gen/google/api/annotations_pb.js";
export { type CustomHttpPattern, type HttpRule, HttpRuleSchema } from "../gen/google/api/http_pb.js";
export {
  type BadRequest,
  type BadRequest_FieldViolation,
  BadRequestSchema,
  type ErrorInfo,
  ErrorInfoSchema,
  type RetryInfo,
  RetryInfoSchema,
} from "../gen/google/rpc/error_details_pb.js";
export { type Status, StatusSchema } from "../gen/google/rpc/status_pb.js";
