// Clusters and their endpoints, as a dump has them.
import { z } from "zod";
import { anyShape, durationShape, percentShape, socketAddressShape } from "./proto-shapes.ts";

const thresholdsShape = z.object({
  priority: z.enum(["DEFAULT", "HIGH"]).default("DEFAULT"),
  // Envoy's own, where nothing is written.
  max_connections: z.number().default(1024),
  max_pending_requests: z.number().default(1024),
  max_requests: z.number().default(1024),
  max_retries: z.number().default(3),
  retry_budget: z
    .object({ budget_percent: percentShape.default(20), min_retry_concurrency: z.number().default(3) })
    .optional(),
});
export type Thresholds = z.infer<typeof thresholdsShape>;

/** As Envoy acts for a priority of which nothing is written. */
export const ownThresholds: Thresholds = thresholdsShape.parse({});

const outlierDetectionShape = z.object({
  consecutive_5xx: z.number().default(5),
  enforcing_consecutive_5xx: z.number().default(100),
  consecutive_gateway_failure: z.number().default(5),
  enforcing_consecutive_gateway_failure: z.number().default(0),
  enforcing_success_rate: z.number().default(100),
  enforcing_failure_percentage: z.number().default(0),
  interval: durationShape.default(10_000),
  base_ejection_time: durationShape.default(30_000),
  max_ejection_percent: z.number().default(10),
});
export type OutlierDetection = z.infer<typeof outlierDetectionShape>;

const lbEndpointShape = z.object({
  endpoint: z.object({ address: socketAddressShape.optional() }).optional(),
  metadata: z
    .object({ filter_metadata: z.record(z.string(), z.record(z.string(), z.unknown())).default({}) })
    .optional(),
});

export const loadAssignmentShape = z.object({
  cluster_name: z.string().default(""),
  endpoints: z
    .array(
      z.object({
        locality: z
          .object({ region: z.string().default(""), zone: z.string().default(""), sub_zone: z.string().default("") })
          .optional(),
        priority: z.number().default(0),
        lb_endpoints: z.array(lbEndpointShape).default([]),
      }),
    )
    .default([]),
});
export type LoadAssignment = z.infer<typeof loadAssignmentShape>;

const transportSocketShape = z.object({ name: z.string(), typed_config: anyShape.optional() });
export type TransportSocket = z.infer<typeof transportSocketShape>;

export const clusterShape = z.object({
  name: z.string(),
  connect_timeout: durationShape.default(5_000),
  lb_policy: z.string().default("ROUND_ROBIN"),
  load_balancing_policy: z
    .object({ policies: z.array(z.object({ typed_extension_config: z.object({ name: z.string() }) })).default([]) })
    .optional(),
  circuit_breakers: z.object({ thresholds: z.array(thresholdsShape).default([]) }).optional(),
  outlier_detection: outlierDetectionShape.optional(),
  common_lb_config: z.object({ healthy_panic_threshold: percentShape.optional() }).optional(),
  transport_socket: transportSocketShape.optional(),
  transport_socket_matches: z
    .array(
      z.object({
        name: z.string().default(""),
        match: z.record(z.string(), z.unknown()).default({}),
        transport_socket: transportSocketShape,
      }),
    )
    .default([]),
  load_assignment: loadAssignmentShape.optional(),
  eds_cluster_config: z.object({ service_name: z.string().default("") }).optional(),
});
export type ProxyCluster = z.infer<typeof clusterShape>;
