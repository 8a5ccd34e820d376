// The model against cases whose answer is known without it.
import { describe, expect, it } from "vitest";
import { simulate } from "./simulate.ts";
import { plainScenario, plainValues } from "./testing/plain.ts";

const both = ["one", "two"];
const unavailable = (percent: string) => ({ fails: { status: "UNAVAILABLE", percent } });

describe("chance", () => {
  const scenario = plainScenario({
    clients: { proxies: 2, load: { perSecond: 300, arrivals: "random" } },
    events: [{ at: "1s", until: "4s", hosts: ["two"], does: unavailable("40%") }],
  });
  const values = plainValues({
    retryAttempts: 2,
    retryOn: ["unavailable"],
    ejectAfterGatewayErrors: 5,
    ejectMaxPercent: 50,
    loadBalancing: "LEAST_REQUEST",
  });

  it("takes the same course for the same seed, number by number", () => {
    expect(simulate(scenario, values, 3)).toEqual(simulate(scenario, values, 3));
  });

  it("takes another course for another seed", () => {
    expect(simulate(scenario, values, 4)).not.toEqual(simulate(scenario, values, 3));
  });

  it("brings two policies the same arrivals", () => {
    const other = simulate(scenario, plainValues(), 3);
    expect(other.series.offered).toEqual(simulate(scenario, values, 3).series.offered);
  });
});

describe("load", () => {
  it("refuses as many calls as Erlang's loss formula says, where a breaker is all that limits", () => {
    // 100 calls a second of 100 ms (and 0.6 ms on the way) at 12 at once: B(12, 10.06) = 0.1221.
    const scenario = plainScenario({
      clients: { load: { perSecond: 100, arrivals: "random" } },
      lasts: "600s",
      hosts: [{ name: "one", latency: { p50: "100ms", p99: "100ms" } }],
    });
    const { refused, requests } = simulate(scenario, plainValues({ maxRequests: 12 }));
    expect(refused / requests).toBeCloseTo(0.122, 2);
  });

  it("lets a line grow by what is too much, and serves at full speed meanwhile", () => {
    // 150 a second for 4 s at a host that does 100: the last call comes to a line of 200 and waits for 2 s.
    const scenario = plainScenario({
      clients: { load: { perSecond: 150 } },
      lasts: "4s",
      hosts: [{ name: "one", latency: "50ms", concurrency: 5 }],
    });
    const { latencyMs, succeeded, endMs, series } = simulate(scenario, plainValues());
    expect(succeeded).toBe(600);
    expect(latencyMs.max).toBeGreaterThan(2_000);
    expect(latencyMs.max).toBeLessThan(2_060);
    expect(endMs).toBeCloseTo(6_000, -2);
    expect(series.good.slice(10, 50)).toEqual(new Array(40).fill(10));
  });

  it("opens the breaker when the line has grown to it", () => {
    // The surplus of 50 a second reaches 60 at 1.2 s; from there on a third of the calls is refused.
    const scenario = plainScenario({
      clients: { load: { perSecond: 150 } },
      lasts: "4.2s",
      hosts: [{ name: "one", latency: "50ms", concurrency: 5 }],
    });
    const { firstRefusedMs, refused, requests, failed } = simulate(scenario, plainValues({ maxRequests: 60 }));
    expect(firstRefusedMs).toBeGreaterThan(1_050);
    expect(firstRefusedMs).toBeLessThan(1_250);
    expect(refused).toBeGreaterThan(145);
    expect(refused).toBeLessThan(160);
    expect([failed, requests]).toEqual([{ UNAVAILABLE: refused }, 630]);
  });

  it("keeps a fixed number of calls under way where clients wait for their answers", () => {
    // 2 proxies × 5 calls, each 10 ms of work, 0.6 ms on the way and 0.3 ms until the next: 917 a second.
    const scenario = plainScenario({ clients: { proxies: 2, load: { concurrency: 5 } }, lasts: "10s" });
    const { requests, latencyMs } = simulate(scenario, plainValues());
    expect(requests).toBeGreaterThan(9_100);
    expect(requests).toBeLessThan(9_200);
    expect(latencyMs.max).toBeCloseTo(10.6, 5);
  });
});

describe("retries", () => {
  const failing = (percent: string, hosts = both) =>
    plainScenario({
      clients: { load: { perSecond: 1_000, arrivals: "random" } },
      lasts: "60s",
      events: [{ at: "0s", hosts, does: unavailable(percent) }],
    });

  it.each([1, 2, 3])(
    "leave p^(k+1) of the calls failed, with k = %i retries and failures that are independent",
    (k) => {
      const { requests, succeeded, retries } = simulate(
        failing("30%"),
        plainValues({ retryAttempts: k, retryOn: ["unavailable"] }),
      );
      expect(1 - succeeded / requests).toBeCloseTo(0.3 ** (k + 1), 2);
      // One more try for each failure of the one before: p + p² + …
      const expected = Array.from({ length: k }, (_, retry) => 0.3 ** (retry + 1)).reduce((sum, each) => sum + each, 0);
      expect(retries / requests).toBeCloseTo(expected, 1.5);
    },
  );

  it("go to a host that the call was not at: of two, one that fails is left once in 2⁶ cases", () => {
    const { requests, succeeded } = simulate(
      failing("100%", ["two"]),
      plainValues({ retryAttempts: 1, retryOn: ["unavailable"] }),
    );
    // Half of the first tries fail; five choices more, each of either host, before the retry stays where it was.
    expect(1 - succeeded / requests).toBeCloseTo(0.5 / 2 ** 6, 2.5);
  });

  it("are not made for a status that the policy does not name", () => {
    const { retries, failed, requests } = simulate(
      failing("100%"),
      plainValues({ retryAttempts: 2, retryOn: ["internal"] }),
    );
    expect([retries, failed]).toEqual([0, { UNAVAILABLE: requests }]);
  });

  it("stay under the budget: with everything failing, a quarter of the calls at most for a budget of 20 %", () => {
    // Retries may be a fifth of all that is active, they included: a quarter of the rest. 100 calls are active here.
    const scenario = plainScenario({
      clients: { load: { perSecond: 1_000 } },
      lasts: "20s",
      hosts: [{ name: "one", latency: "100ms" }],
      events: [{ at: "0s", hosts: ["one"], does: unavailable("100%") }],
    });
    const budget = { retryAttempts: 3, retryOn: ["unavailable"], retryBackoffBaseMs: 1, retryBackoffMaxMs: 1 } as const;
    const held = simulate(scenario, plainValues({ ...budget, retryBudgetPercent: 20 }));
    expect(held.retries / held.requests).toBeGreaterThan(0.22);
    expect(held.retries / held.requests).toBeLessThanOrEqual(0.25);
    expect(held.retriesRefused).toBeGreaterThan(0);
    const free = simulate(scenario, plainValues(budget));
    expect(free.retries).toBe(3 * free.requests);
  });

  it("are at most as many at once as the minimum of the budget where little is active", () => {
    const scenario = plainScenario({
      clients: { load: { perSecond: 100 } },
      lasts: "20s",
      hosts: [{ name: "one", latency: "99.4ms" }],
      events: [{ at: "0s", hosts: ["one"], does: unavailable("100%") }],
    });
    // 10 are active, a fifth of them is 2, the minimum 3. Each lasts 100 ms and waits up to 10 ms for the next failure
    // that takes its place: three retries in 110 ms, 27.3 a second beside 100 calls.
    const { retries, requests } = simulate(
      scenario,
      plainValues({
        ...{ retryAttempts: 1, retryOn: ["unavailable"], retryBackoffBaseMs: 1, retryBackoffMaxMs: 1 },
        ...{ retryBudgetPercent: 20, retryBudgetMinimum: 3 },
      }),
    );
    expect(retries / requests).toBeCloseTo(0.273, 2);
  });

  it("are at most maxRetries at once where there is no budget", () => {
    const values = { retryAttempts: 1, retryOn: ["unavailable"], maxRetries: 0 } as const;
    const { retries, retriesRefused, requests } = simulate(failing("100%"), plainValues(values));
    expect([retries, retriesRefused]).toEqual([0, requests]);
  });
});

describe("time", () => {
  const hung = plainScenario({ events: [{ at: "0s", hosts: both, does: { hangs: true } }], lasts: "1s" });
  const tries = { retryAttempts: 2, retryPerTryMs: 100, retryBackoffBaseMs: 10, retryBackoffMaxMs: 100 };

  it("of three tries is three times theirs and two pauses: 300 ms, and 0 to 9 and 0 to 19 more", () => {
    const { latencyMs, retries, requests } = simulate(hung, plainValues({ ...tries, retryOn: ["reset"] }));
    expect(retries).toBe(2 * requests);
    expect(latencyMs.p50).toBeGreaterThanOrEqual(300);
    expect(latencyMs.max).toBeLessThanOrEqual(328);
  });

  it("of a try is not followed by another where the policy retries on answers alone", () => {
    const on = ["unavailable", "connect-failure", "refused-stream"] as const;
    const { latencyMs, retries } = simulate(hung, plainValues({ ...tries, retryOn: on }));
    expect([latencyMs.p50, latencyMs.max, retries]).toEqual([100, 100, 0]);
  });

  it("of the route ends all tries", () => {
    const { latencyMs, failed } = simulate(hung, plainValues({ ...tries, retryOn: ["reset"], timeoutMs: 250 }));
    expect([latencyMs.p50, latencyMs.max, failed]).toEqual([250, 250, { UNAVAILABLE: 100 }]);
  });

  it("of a try that is not shorter than the route's counts for nothing", () => {
    const { latencyMs, retries } = simulate(hung, plainValues({ ...tries, retryOn: ["reset"], timeoutMs: 100 }));
    expect([latencyMs.max, retries]).toEqual([100, 0]);
  });

  it("ends for clients who wait for nothing after half a minute", () => {
    const { failed, endMs } = simulate(hung, plainValues());
    expect(failed).toEqual({ CANCELLED: 100 });
    expect(endMs).toBeLessThanOrEqual(31_000);
  });
});
