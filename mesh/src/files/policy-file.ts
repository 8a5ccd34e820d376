// The shape of policies/<service>.yaml, and of the overlays that change it per environment.
import { z } from "zod";
import { duration, durationRange, ejectionThreshold, percent } from "./values.ts";

/** What Envoy can be told to retry on; see its router filter's x-envoy-retry-on and x-envoy-retry-grpc-on. */
export const retryConditions = [
  "cancelled",
  "deadline-exceeded",
  "internal",
  "resource-exhausted",
  "unavailable",
  "connect-failure",
  "refused-stream",
  "reset",
  "reset-before-request",
  "gateway-error",
  "5xx",
  "retriable-4xx",
  "retriable-status-codes",
] as const;
export type RetryCondition = (typeof retryConditions)[number];

const retries = z.union([
  z.literal("none"),
  z
    .strictObject({
      attempts: z.int().min(1).max(10).describe("retries after the first try"),
      perTry: duration.describe("time for each try"),
      on: z.array(z.enum(retryConditions)).min(1),
      backoff: durationRange.describe("first pause..longest pause"),
    })
    .partial(),
]);

const fault = z
  .strictObject({
    abort: z.strictObject({ status: z.string().describe("gRPC status, such as UNAVAILABLE"), percent }),
    delay: z.strictObject({ fixed: duration, percent }),
  })
  .partial();

/** What may be said of one method, or of all of them under `defaults`. */
export const methodPolicyShape = z
  .strictObject({
    timeout: z.union([z.literal("none"), duration]).describe("for all tries and the pauses between them"),
    retries,
    fault: fault.describe("errors or delays put in on purpose"),
  })
  .partial();
export type MethodPolicy = z.infer<typeof methodPolicyShape>;

export const loadBalancings = ["LEAST_REQUEST", "ROUND_ROBIN", "RANDOM"] as const;
export type LoadBalancing = (typeof loadBalancings)[number];

/** What holds for all methods of a service: the mesh keeps it per host and client proxy. */
export const hostPolicyShape = z
  .strictObject({
    connectTimeout: duration,
    breaker: z
      .strictObject({
        requests: z.int().min(1).describe("concurrent requests of one client proxy"),
        pending: z.int().min(1).describe("requests of one client proxy that wait for a connection"),
        connections: z.int().min(1),
        retryBudget: percent.describe("share of the active requests of one client proxy that may be retries"),
        retryMinimum: z.int().min(0).describe("retries that the budget always allows"),
        maxRetries: z.int().min(0).describe("concurrent retries where there is no budget"),
      })
      .partial(),
    ejection: z.union([
      z.literal("none"),
      z
        .strictObject({
          after: z.union([ejectionThreshold, z.array(ejectionThreshold).min(1).max(2)]),
          interval: duration,
          base: duration,
          max: percent,
          minHealth: percent,
        })
        .partial(),
    ]),
    loadBalancing: z.enum(loadBalancings),
    locality: z.enum(["off", "failover"]).describe("failover: the nearest healthy zone first"),
  })
  .partial();
export type HostPolicy = z.infer<typeof hostPolicyShape>;

/** A finding that is accepted, and why. */
export const suppressionShape = z.strictObject({
  code: z.string().regex(/^MESH-\d{3}$/),
  method: z.string().optional(),
  reason: z.string().min(10),
});

export const policyFileShape = z.strictObject({
  service: z.string().describe("full name of the gRPC service"),
  workload: z.string().describe("name of its Deployment, Service and ServiceAccount"),
  port: z.strictObject({
    number: z.int().min(1).max(65535),
    name: z.string().optional(),
    appProtocol: z.string().optional(),
  }),
  headless: z.boolean().default(false),
  code: z.array(z.string()).default([]).describe("folders of its source code, from this mesh folder"),
  replicas: z.union([z.int().min(1), z.record(z.string(), z.int().min(1))]).default(1),
  concurrency: z.int().min(1).optional().describe("requests that one replica works on at once, where that is known"),
  defaults: methodPolicyShape.default({}),
  methods: z.record(z.string(), methodPolicyShape).default({}),
  ...hostPolicyShape.shape,
  suppress: z.array(suppressionShape).default([]),
});
export type PolicyFile = z.infer<typeof policyFileShape>;

const overlayServiceShape = z.strictObject({
  defaults: methodPolicyShape.default({}),
  methods: z.record(z.string(), methodPolicyShape).default({}),
  ...hostPolicyShape.shape,
});

export const overlayFileShape = z.strictObject({
  services: z.record(z.string(), overlayServiceShape).default({}),
});
export type OverlayFile = z.infer<typeof overlayFileShape>;
