export { type Money, MoneySchema } from "../gen/ordermesh/common/v1/money_pb.js";
export { type MethodPolicy, MethodPolicySchema, method_policy } from "../gen/ordermesh/common/v1/options_pb.js";
