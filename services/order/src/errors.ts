// Stable codes of the order service.

import { Code } from "@connectrpc/connect";
import { defineError } from "@ordermesh/runtime/errors";

export const orderErrors = {
  orderNotFound: defineError("ORDER_NOT_FOUND", Code.NotFound),
  transitionNotAllowed: defineError("ORDER_TRANSITION_NOT_ALLOWED", Code.FailedPrecondition),
  itemUnknown: defineError("ITEM_UNKNOWN", Code.InvalidArgument),
  currencyMismatch: defineError("CURRENCY_MISMATCH", Code.InvalidArgument),
  duplicateSku: defineError("DUPLICATE_SKU", Code.InvalidArgument),
  totalTooLarge: defineError("ORDER_TOTAL_TOO_LARGE", Code.InvalidArgument),
  pricesUnavailable: defineError("PRICES_UNAVAILABLE", Code.Unavailable),
} as const;
