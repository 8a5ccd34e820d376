import { describe, expect, it } from "vitest";
import type { ProxyValues } from "./proxy-values.ts";
import { sameEffect } from "./same-effect.ts";

const values: ProxyValues = {
  mtls: "strict",
  timeoutMs: 800,
  retryAttempts: 2,
  retryPerTryMs: 250,
  retryOn: ["unavailable"],
  retryBackoffBaseMs: 25,
  retryBackoffMaxMs: 250,
  fault: null,
  connectTimeoutMs: 1000,
  maxRequests: 100,
  maxPending: 100,
  maxConnections: 100,
  retryBudgetPercent: 20,
  retryBudgetMinimum: 3,
  maxRetries: 3,
  ejectAfterGatewayErrors: 5,
  ejectAfterErrors: null,
  ejectIntervalMs: 5000,
  ejectBaseMs: 15000,
  ejectMaxPercent: 50,
  ejectMinHealthPercent: 0,
  loadBalancing: "LEAST_REQUEST",
  locality: "off",
  honoursDeadlines: true,
  retriesElsewhere: true,
  ejectsBySuccessRate: false,
  ejectsByFailureShare: false,
  calleeIdentities: ["spiffe://a"],
};

const same = (field: keyof ProxyValues, policy: Partial<ProxyValues>, proxy: Partial<ProxyValues>): boolean =>
  sameEffect(field, { ...values, ...policy }, { ...values, ...proxy });

describe("sameEffect", () => {
  it("takes a time per try that the timeout ends first for none", () => {
    expect(same("retryPerTryMs", { retryPerTryMs: 800 }, { retryPerTryMs: null })).toBe(true);
    expect(same("retryPerTryMs", { retryPerTryMs: 799 }, { retryPerTryMs: null })).toBe(false);
    expect(
      same("retryPerTryMs", { retryPerTryMs: 800, timeoutMs: null }, { retryPerTryMs: null, timeoutMs: null }),
    ).toBe(false);
  });

  it("leaves out conditions that 5xx includes, and those behind which nothing stands", () => {
    expect(same("retryOn", { retryOn: ["5xx", "connect-failure"] }, { retryOn: ["5xx", "gateway-error"] })).toBe(true);
    expect(same("retryOn", { retryOn: ["5xx"] }, { retryOn: ["gateway-error"] })).toBe(false);
    expect(same("retryOn", {}, { retryOn: ["retriable-status-codes", "unavailable"] })).toBe(true);
    expect(same("retryOn", {}, { retryOn: ["503", "retriable-status-codes", "unavailable"] })).toBe(false);
  });

  it("leaves back-off and budget out of a call that is never repeated", () => {
    const never = { retryAttempts: 0 };
    for (const field of ["retryBackoffBaseMs", "retryBudgetPercent", "retryBudgetMinimum"] as const) {
      expect(same(field, { ...never, [field]: 1 }, { ...never, [field]: 2 })).toBe(true);
      expect(same(field, { [field]: 1 }, { [field]: 2 })).toBe(false);
    }
  });

  it("leaves concurrent retries out beside a budget", () => {
    expect(same("maxRetries", { maxRetries: 3 }, { maxRetries: 4 })).toBe(true);
    expect(
      same("maxRetries", { maxRetries: 3, retryBudgetPercent: null }, { maxRetries: 4, retryBudgetPercent: null }),
    ).toBe(false);
  });

  it("leaves the length of an ejection out where nothing is ejected", () => {
    const none = { ejectAfterGatewayErrors: null };
    expect(same("ejectBaseMs", { ...none, ejectBaseMs: 1 }, { ...none, ejectBaseMs: 2 })).toBe(true);
    expect(same("ejectBaseMs", { ejectBaseMs: 1 }, { ejectBaseMs: 2 })).toBe(false);
  });

  it("cannot tell zones where all endpoints are in one", () => {
    expect(same("locality", { locality: "failover" }, { locality: null })).toBe(true);
    expect(same("locality", { locality: "failover" }, { locality: "off" })).toBe(false);
  });
});
