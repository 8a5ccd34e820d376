// What specs begin with: a policy that does nothing, and two hosts that are well.
import type { EffectiveValues } from "../../model/effective.ts";
import { unlimited } from "../../model/istio-defaults.ts";
import { type Scenario, scenarioShape } from "../../scenario/scenario-file.ts";

/** No timeout, no retries, no limits, no ejection, and a host chosen by chance. */
export function plainValues(changes: Partial<EffectiveValues> = {}): EffectiveValues {
  return {
    allowed: true,
    mtls: "strict",
    timeoutMs: null,
    retryAttempts: 0,
    retryPerTryMs: null,
    retryOn: [],
    retryBackoffBaseMs: 25,
    retryBackoffMaxMs: 250,
    fault: null,
    connectTimeoutMs: 1_000,
    maxRequests: unlimited,
    maxPending: unlimited,
    maxConnections: unlimited,
    retryBudgetPercent: null,
    retryBudgetMinimum: 3,
    maxRetries: unlimited,
    ejectAfterGatewayErrors: null,
    ejectAfterErrors: null,
    ejectIntervalMs: 10_000,
    ejectBaseMs: 30_000,
    ejectMaxPercent: 100,
    ejectMinHealthPercent: 0,
    loadBalancing: "RANDOM",
    locality: "off",
    ...changes,
  };
}

type Written = Partial<Record<"lasts" | "clients" | "hosts" | "events" | "timeLapse" | "seed", unknown>>;

/** @param changes as they would stand in a file */
export function plainScenario(changes: Written = {}): Scenario {
  return scenarioShape.parse({
    about: "a spec",
    call: { caller: "desk", service: "cinema.v1.Seats", method: "Hold" },
    clients: { load: { perSecond: 100 } },
    lasts: "10s",
    hosts: [
      { name: "one", latency: "10ms" },
      { name: "two", latency: "10ms" },
    ],
    ...changes,
  });
}
