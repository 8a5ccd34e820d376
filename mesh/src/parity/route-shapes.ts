// Routes, as a dump has them.
import { z } from "zod";
import { anyShape, durationShape, fractionShape, numberShape } from "./proto-shapes.ts";
import { stringMatcherShape } from "./string-matcher.ts";

export const headerMatcherShape = z.object({
  name: z.string(),
  exact_match: z.string().optional(),
  prefix_match: z.string().optional(),
  suffix_match: z.string().optional(),
  contains_match: z.string().optional(),
  safe_regex_match: z.object({ regex: z.string() }).optional(),
  present_match: z.boolean().optional(),
  string_match: stringMatcherShape.optional(),
  range_match: z.unknown().optional(),
  invert_match: z.boolean().default(false),
});
export type HeaderMatcher = z.infer<typeof headerMatcherShape>;

const routeMatchShape = z.object({
  path: z.string().optional(),
  prefix: z.string().optional(),
  path_separated_prefix: z.string().optional(),
  safe_regex: z.object({ regex: z.string() }).optional(),
  case_sensitive: z.boolean().default(true),
  headers: z.array(headerMatcherShape).default([]),
  query_parameters: z.array(z.unknown()).default([]),
  runtime_fraction: z.object({ default_value: fractionShape.default(0) }).optional(),
});
export type RouteMatch = z.infer<typeof routeMatchShape>;

const retryPolicyShape = z.object({
  retry_on: z.string().default(""),
  num_retries: z.number().default(1),
  per_try_timeout: durationShape.optional(),
  retriable_status_codes: z.array(z.number()).default([]),
  retry_back_off: z.object({ base_interval: durationShape, max_interval: durationShape.optional() }).optional(),
  retry_host_predicate: z.array(z.object({ name: z.string() })).default([]),
  host_selection_retry_max_attempts: numberShape.default(1),
});
export type RetryPolicy = z.infer<typeof retryPolicyShape>;

const routeShape = z.object({
  name: z.string().default(""),
  match: routeMatchShape.default(() => routeMatchShape.parse({})),
  route: z
    .object({
      cluster: z.string().optional(),
      timeout: durationShape.optional(),
      max_grpc_timeout: durationShape.optional(),
      max_stream_duration: z
        .object({ max_stream_duration: durationShape.optional(), grpc_timeout_header_max: durationShape.optional() })
        .optional(),
      retry_policy: retryPolicyShape.optional(),
      priority: z.enum(["DEFAULT", "HIGH"]).default("DEFAULT"),
    })
    .optional(),
  typed_per_filter_config: z.record(z.string(), anyShape).default({}),
});
export type ProxyRoute = z.infer<typeof routeShape>;

const virtualHostShape = z.object({
  name: z.string().default(""),
  domains: z.array(z.string()).default([]),
  routes: z.array(routeShape).default([]),
  retry_policy: retryPolicyShape.optional(),
  typed_per_filter_config: z.record(z.string(), anyShape).default({}),
});
export type VirtualHost = z.infer<typeof virtualHostShape>;

export const routeConfigurationShape = z.object({
  name: z.string().default(""),
  virtual_hosts: z.array(virtualHostShape).default([]),
});
export type RouteConfiguration = z.infer<typeof routeConfigurationShape>;
