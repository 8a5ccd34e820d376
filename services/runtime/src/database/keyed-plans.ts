/**
 * Server settings for connections whose statements reach rows through keys: plans are made once per connection and
 * without scans. A plan made while a table is still empty would otherwise read it from end to end for as long as the
 * connection lives.
 */
export const keyedPlans = {
  plan_cache_mode: "force_generic_plan",
  enable_seqscan: "off",
  enable_mergejoin: "off",
} as const;
