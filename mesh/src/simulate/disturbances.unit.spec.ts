// Ejections, connections, zones and faults, in cases whose answer is known without the model.
import { describe, expect, it } from "vitest";
import { simulate } from "./simulate.ts";
import { plainScenario, plainValues } from "./testing/plain.ts";

const unavailable = { fails: { status: "UNAVAILABLE", percent: "100%" } };
const inTurn = { loadBalancing: "ROUND_ROBIN" } as const;

describe("ejection", () => {
  const ejecting = { ...inTurn, ejectAfterGatewayErrors: 5, ejectIntervalMs: 1_000, ejectBaseMs: 2_000 } as const;
  const failing = plainScenario({
    events: [{ at: "1s", hosts: ["two"], does: unavailable }],
    lasts: "8s",
  });

  it("takes a host out with its fifth error in a row: every other call of 100 a second, so within 100 ms", () => {
    const { ejections } = simulate(failing, plainValues({ ...ejecting, ejectBaseMs: 60_000 }));
    expect(ejections).toHaveLength(1);
    expect(ejections[0]).toMatchObject({ host: "two", proxy: 1, untilMs: undefined });
    expect(ejections[0]?.atMs).toBeGreaterThan(1_080);
    expect(ejections[0]?.atMs).toBeLessThan(1_112);
  });

  it("divides interval and base time by the scenario's time-lapse", () => {
    const { ejections } = simulate(
      { ...failing, timeLapse: 10 },
      plainValues({ ...ejecting, ejectIntervalMs: 10_000, ejectBaseMs: 20_000 }),
    );
    const [first] = ejections;
    const outMs = (first?.untilMs ?? 0) - (first?.atMs ?? 0);
    expect(outMs).toBeGreaterThanOrEqual(2_000);
    expect(outMs).toBeLessThanOrEqual(3_000);
  });

  it("leaves calls on a host that fails again at once for a second, until the balancer learns of it", () => {
    const { ejections, series } = simulate(failing, plainValues(ejecting));
    const failedFrom = (from: number, to: number): number =>
      series.failed.slice(Math.ceil(from / 100), Math.floor(to / 100)).reduce((sum, each) => sum + each, 0);
    const [first, second] = ejections;
    const at = second?.atMs ?? 0;
    // Nothing for as long as the first ejection lasts, then half of all calls although the host is ejected again.
    expect(failedFrom((first?.atMs ?? 0) + 50, (first?.untilMs ?? 0) - 50)).toBe(0);
    expect(failedFrom(at, at + 900)).toBeGreaterThan(30);
    expect(failedFrom(at + 1_100, at + 2_000)).toBe(0);
  });

  it("counts per proxy: each has to see its own five errors", () => {
    const one = simulate(failing, plainValues({ ...ejecting, ejectBaseMs: 60_000 }));
    const four = simulate(
      { ...failing, clients: { proxies: 4, load: { perSecond: 100, arrivals: "even" } } },
      plainValues({ ...ejecting, ejectBaseMs: 60_000 }),
    );
    expect(four.ejections.map(({ proxy }) => proxy).sort()).toEqual([1, 2, 3, 4]);
    expect(one.failed).toEqual({ UNAVAILABLE: 5 });
    expect(four.failed).toEqual({ UNAVAILABLE: 20 });
  });

  it("leaves clients without a host when all are out and there is no panic threshold", () => {
    const all = plainScenario({ events: [{ at: "0s", hosts: ["one", "two"], does: unavailable }], lasts: "2s" });
    const { tries } = simulate(all, plainValues({ ...ejecting, ejectBaseMs: 60_000 }));
    // The second host's ejection is heard of a second after the first's.
    expect((tries["one"] ?? 0) + (tries["two"] ?? 0)).toBeLessThan(125);
    const panic = simulate(all, plainValues({ ...ejecting, ejectBaseMs: 60_000, ejectMinHealthPercent: 50 }));
    expect((panic.tries["one"] ?? 0) + (panic.tries["two"] ?? 0)).toBe(200);
  });
});

describe("connections", () => {
  const lost = (does: object) =>
    plainScenario({
      hosts: [{ name: "one", latency: "50ms" }],
      events: [{ at: "1s", until: "2s", hosts: ["one"], does }],
      lasts: "3s",
    });

  it("that are refused by the service are UNAVAILABLE to its callers, and the service hears of no call", () => {
    const { failed, tries } = simulate(lost({ away: true }), plainValues());
    // 100 calls while it is away, and the 5 that it was working on.
    expect([failed, tries]).toEqual([{ UNAVAILABLE: 105 }, { one: 200 }]);
  });

  it("that are refused by the machine are retried on connect-failure, and not on unavailable", () => {
    const retried = (on: "connect-failure" | "unavailable", does: object): number =>
      simulate(lost(does), plainValues({ retryAttempts: 1, retryOn: [on] })).retries;
    expect(retried("connect-failure", { gone: true })).toBe(100);
    expect(retried("unavailable", { gone: true })).toBe(0);
    expect(retried("unavailable", { away: true })).toBeGreaterThan(100);
    expect(retried("connect-failure", { away: true })).toBe(0);
  });

  it("are waited for by no more than maxPending calls at a time", () => {
    const burst = plainScenario({
      clients: { load: { perSecond: 10_000 } },
      hosts: [{ name: "one", latency: "1ms" }],
      events: [{ at: "1s", until: "1.0001s", hosts: ["one"], does: { gone: true } }],
      lasts: "1.5s",
    });
    // 2 ms to connect: twenty calls come meanwhile.
    expect(simulate(burst, plainValues()).refused).toBe(0);
    const { refused, firstRefusedMs } = simulate(burst, plainValues({ maxPending: 5 }));
    expect(refused).toBeGreaterThanOrEqual(14);
    expect(refused).toBeLessThanOrEqual(16);
    expect(firstRefusedMs).toBeCloseTo(1_000.5, 0);
  });
});

describe("zones", () => {
  const zoned = (events: object[]) =>
    plainScenario({
      clients: { proxies: 2, load: { perSecond: 400 } },
      hosts: ["a1", "a2", "b1", "b2"].map((name) => ({ name, zone: name.charAt(0), latency: "10ms" })),
      events,
    });
  const failover = { ...inTurn, locality: "failover", ejectAfterGatewayErrors: 5, ejectBaseMs: 60_000 } as const;

  it("keep their calls as long as they have healthy hosts", () => {
    const { tries } = simulate(zoned([]), plainValues(failover));
    expect(tries).toEqual({ a1: 1_000, a2: 1_000, b1: 1_000, b2: 1_000 });
  });

  it("hand their calls over when they have none", () => {
    const { tries } = simulate(zoned([{ at: "0s", hosts: ["a1", "a2"], does: unavailable }]), plainValues(failover));
    expect((tries["b1"] ?? 0) + (tries["b2"] ?? 0)).toBeGreaterThan(3_700);
  });

  it("mean nothing without failover: calls go everywhere", () => {
    const events = [{ at: "0s", hosts: ["a1", "a2"], does: { slow: "12ms" } }];
    const { tries } = simulate(zoned(events), plainValues({ ...inTurn, ejectAfterGatewayErrors: 5 }));
    expect(Object.values(tries)).toEqual([1_000, 1_000, 1_000, 1_000]);
  });
});

describe("what is put in on purpose", () => {
  it("aborts a share of the calls before any host hears of them, and is not retried", () => {
    const { failed, tries, retries } = simulate(
      plainScenario({ lasts: "60s" }),
      plainValues({
        ...{ retryAttempts: 2, retryOn: ["unavailable"] },
        fault: { abort: { status: "UNAVAILABLE", percent: 25 } },
      }),
    );
    expect((failed["UNAVAILABLE"] ?? 0) / 6_000).toBeCloseTo(0.25, 1);
    expect((tries["one"] ?? 0) + (tries["two"] ?? 0)).toBe(6_000 - (failed["UNAVAILABLE"] ?? 0));
    expect(retries).toBe(0);
  });

  it("delays outside of the timeout", () => {
    const fault = { delay: { fixedMs: 500, percent: 100 } };
    const { succeeded, latencyMs } = simulate(plainScenario(), plainValues({ fault, timeoutMs: 100 }));
    expect([succeeded, latencyMs.p50]).toEqual([1_000, expect.closeTo(510.6, 5)]);
  });
});

it("denies every call of a caller that is not allowed", () => {
  const { failed, tries } = simulate(plainScenario(), plainValues({ allowed: false }));
  expect([failed, tries]).toEqual([{ PERMISSION_DENIED: 1_000 }, { one: 0, two: 0 }]);
});
