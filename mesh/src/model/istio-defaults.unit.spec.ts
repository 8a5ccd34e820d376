import { describe, expect, it } from "vitest";
import { istioDefaults, istioDefaultsBeside, unlimited } from "./istio-defaults.ts";
import { describeSource } from "./source.ts";

const versions = ["1.27", "1.28", "1.29", "1.30", "1.31"];

describe("Istio's defaults", () => {
  it.each(versions)("of routes in %s: no timeout, two retries with no time of their own", (version) => {
    const { timeoutMs, retryAttempts, retryPerTryMs, retryOn } = istioDefaults(version);
    expect(timeoutMs.value).toBeNull();
    expect(retryAttempts.value).toBe(2);
    expect(retryPerTryMs.value).toBeNull();
    expect(retryOn.value.join()).toBe("cancelled,connect-failure,refused-stream,retriable-status-codes,unavailable");
  });

  it.each(versions)("of hosts in %s: no limits, no budget, no ejection", (version) => {
    const defaults = istioDefaults(version);
    for (const field of ["maxRequests", "maxPending", "maxConnections", "maxRetries"] as const) {
      expect(defaults[field].value).toBe(unlimited);
    }
    expect(defaults.retryBudgetPercent.value).toBeNull();
    expect(defaults.ejectAfterErrors.value).toBeNull();
    expect(defaults.connectTimeoutMs.value).toBe(10_000);
    expect(defaults.loadBalancing.value).toBe("LEAST_REQUEST");
  });

  it.each(versions)("say of every value why it holds, in %s", (version) => {
    for (const sourced of Object.values({ ...istioDefaults(version), ...istioDefaultsBeside(version) })) {
      expect(describeSource(sourced.source)).toMatch(/^default of Istio: ./);
    }
  });

  it.each([
    ["1.27", 0.2],
    ["1.27.9", 0.2],
    ["1.28", 0.2],
    ["1.28.9", 0.2],
    ["1.28.10", 20],
    ["1.29", 0.2],
    ["1.29.1", 0.2],
    ["1.29.6", 20],
    ["1.30", 20],
    ["1.30.0", 20],
    ["1.31.2", 20],
  ])("give a budget without a percentage, in %s, %d %%", (version, percent) => {
    const { retryBudgetPercent } = istioDefaultsBeside(version);
    expect(retryBudgetPercent.value).toBe(percent);
    const why = describeSource(retryBudgetPercent.source);
    if (percent === 20) expect(why).not.toContain("istio#59504");
    else expect(why).toContain("istio#59504");
  });

  it("say that the patch decides where a version does not name it", () => {
    expect(describeSource(istioDefaultsBeside("1.29").retryBudgetPercent.source)).toContain("patch is not named");
  });
});
