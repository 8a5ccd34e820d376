import { describe, expect, it } from "vitest";
import type { EffectiveValues } from "./effective.ts";
import { valuesOf } from "./effective.ts";
import { effectiveFields, formatValue, hasEffect, labelOf } from "./format-effective.ts";
import { istioDefaults, unlimited } from "./istio-defaults.ts";

const base: EffectiveValues = valuesOf(istioDefaults("1.31"));

describe("formatValue", () => {
  it("shows durations, shares and thresholds as policies write them", () => {
    expect(formatValue("timeoutMs", 1500)).toBe("1.5s");
    expect(formatValue("timeoutMs", null)).toBe("none");
    expect(formatValue("retryBudgetPercent", 20)).toBe("20%");
    expect(formatValue("retryBudgetPercent", null)).toBe("none");
    expect(formatValue("maxRequests", unlimited)).toBe("unlimited");
    expect(formatValue("maxRequests", 400)).toBe("400");
    expect(formatValue("ejectAfterErrors", null)).toBe("off");
    expect(formatValue("retryAttempts", 0)).toBe("none");
    expect(formatValue("retryOn", ["connect-failure", "unavailable"])).toBe("connect-failure, unavailable");
  });

  it("shows both parts of a fault", () => {
    expect(
      formatValue("fault", { abort: { status: "UNAVAILABLE", percent: 10 }, delay: { fixedMs: 2000, percent: 0.5 } }),
    ).toBe("abort UNAVAILABLE 10%, delay 2s 0.5%");
    expect(formatValue("fault", null)).toBe("none");
  });
});

describe("fields", () => {
  it("have labels of their own", () => {
    expect(new Set(effectiveFields.map(labelOf)).size).toBe(effectiveFields.length);
    expect(effectiveFields.toSorted()).toEqual(Object.keys(base).toSorted());
  });
});

describe("hasEffect", () => {
  it("sets aside what says nothing beside the other values", () => {
    expect(hasEffect("retryPerTryMs", { ...base, retryAttempts: 0 })).toBe(false);
    expect(hasEffect("retryPerTryMs", { ...base, retryAttempts: 1 })).toBe(true);
    expect(hasEffect("maxRetries", { ...base, retryBudgetPercent: 20 })).toBe(false);
    expect(hasEffect("maxRetries", { ...base, retryBudgetPercent: null })).toBe(true);
    expect(hasEffect("retryBudgetMinimum", { ...base, retryBudgetPercent: null })).toBe(false);
    expect(hasEffect("ejectBaseMs", { ...base, ejectAfterErrors: null, ejectAfterGatewayErrors: null })).toBe(false);
    expect(hasEffect("ejectBaseMs", { ...base, ejectAfterErrors: null, ejectAfterGatewayErrors: 5 })).toBe(true);
    expect(hasEffect("timeoutMs", base)).toBe(true);
  });
});
