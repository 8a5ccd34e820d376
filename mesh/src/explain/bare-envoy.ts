// What an Envoy does that nobody told otherwise: what an SRE who knows Envoy, but not Istio, would expect.
// Sources: Envoy's v3 API (config/route/v3/route_components.proto, config/cluster/v3/{cluster,circuit_breaker,
// outlier_detection}.proto) and its router filter's documentation.
import type { EffectiveValues } from "../model/effective.ts";

export const bareEnvoy: EffectiveValues = {
  allowed: true,
  mtls: "off",
  timeoutMs: 15_000,
  retryAttempts: 0,
  retryPerTryMs: null,
  retryOn: [],
  retryBackoffBaseMs: 25,
  retryBackoffMaxMs: 250,
  fault: null,
  connectTimeoutMs: 5_000,
  maxRequests: 1_024,
  maxPending: 1_024,
  maxConnections: 1_024,
  retryBudgetPercent: null,
  retryBudgetMinimum: 3,
  maxRetries: 3,
  ejectAfterGatewayErrors: null,
  ejectAfterErrors: null,
  ejectIntervalMs: 10_000,
  ejectBaseMs: 30_000,
  ejectMaxPercent: 10,
  ejectMinHealthPercent: 50,
  loadBalancing: "ROUND_ROBIN",
  locality: "off",
};

/** What differs and has no value of its own in the table. */
export function besidesValues({ ejectAfterErrors, ejectAfterGatewayErrors }: EffectiveValues): string[] {
  const ejects = ejectAfterErrors !== null || ejectAfterGatewayErrors !== null;
  return [
    "A deadline that the caller sends (grpc-timeout) holds where it is shorter than the timeout; bare Envoy ignores it.",
    ...(ejects ? ["Istio turns ejection by success rate off; bare Envoy ejects by it, too, from 5 hosts up."] : []),
  ];
}
