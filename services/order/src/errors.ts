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
  // Not UNAVAILABLE: the process that answers is well. A mesh would eject it, and its customers of other shards with it,
  // and retry at a neighbour that has no way to this shard either.
  shardUnavailable: defineError("SHARD_UNAVAILABLE", Code.Aborted, { httpStatus: 503 }),
  // More orders bear the name than a look-up reads; the newest of them cannot be told without naming the customer.
  lookupTooBroad: defineError("LOOKUP_TOO_BROAD", Code.FailedPrecondition),
  lookupBusy: defineError("LOOKUP_BUSY", Code.ResourceExhausted),
} as const;
