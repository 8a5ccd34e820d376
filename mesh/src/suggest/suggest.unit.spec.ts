import { describe, expect, it } from "vitest";
import type { Measured } from "./measured.ts";
import { formatSuggestions } from "./print-suggestions.ts";
import { readBench } from "./read-bench.ts";
import { type Suggestions, suggest } from "./suggest.ts";
import { seats, seatsMesh } from "./testing/seats-mesh.ts";

const wishes = { quantile: 99.9, factor: 2, headroom: 2 };

/** Of 20,000 requests 98 % took up to 50 ms, 99 % up to 80 ms, 99.9 % up to 160 ms, and all up to 400 ms. */
const known = (method: string | undefined, more: Partial<Measured> = {}): Measured => ({
  caller: "web",
  service: seats,
  method,
  peakPerSecond: 500,
  latency: {
    interpolate: true,
    buckets: [
      { boundMs: 50, count: 19_600 },
      { boundMs: 80, count: 19_800 },
      { boundMs: 160, count: 19_980 },
      { boundMs: 400, count: 20_000 },
      { boundMs: Infinity, count: 20_000 },
    ],
  },
  ...more,
});

const few: Measured["latency"] = {
  interpolate: true,
  buckets: [50, 80, 160, 400, Infinity].map((boundMs) => ({ boundMs, count: 812 })),
};

const propose = (...measured: readonly Measured[]): Suggestions =>
  suggest(seatsMesh(), { measured, ignored: [] }, wishes);
const fieldOf = (suggestions: Suggestions, field: string) => suggestions.proposals.find((one) => one.field === field);

describe("suggest", () => {
  it("proposes twice p99.9 as the timeout of a method that is not retried", () => {
    expect(fieldOf(propose(known("Hold")), "timeout")).toEqual({
      service: seats,
      method: "Hold",
      field: "timeout",
      now: "1s",
      nowFrom: "policies/seats.yaml:9",
      proposed: "350ms",
      value: 350,
      arithmetic: ["p99.9 160ms × 2 = 320ms → 350ms"],
    });
    expect(fieldOf(propose(known("Hold")), "retries.perTry")).toBeUndefined();
  });

  it("proposes a timeout in which all tries and pauses fit", () => {
    const suggestions = propose(known("List"));
    expect(fieldOf(suggestions, "retries.perTry")).toMatchObject({
      now: "250ms",
      proposed: "200ms",
      arithmetic: ["p99 80ms × 2 = 160ms → 200ms"],
    });
    // Pauses of 1 and 3 times 10 ms, the second capped at 25 ms.
    expect(fieldOf(suggestions, "timeout")).toMatchObject({
      now: "800ms",
      proposed: "650ms",
      arithmetic: ["p99.9 160ms × 2 = 320ms → 350ms", "3 tries × 200ms + pauses 10ms + 25ms = 635ms → 650ms"],
    });
  });

  it("takes the latencies of all callers for the timeout", () => {
    const slow = known("Hold", {
      caller: "booking",
      latency: {
        interpolate: true,
        buckets: [
          { boundMs: 400, count: 20_000 },
          { boundMs: Infinity, count: 20_000 },
        ],
      },
    });
    const timeout = fieldOf(propose(known("Hold"), slow), "timeout");
    expect(timeout?.value).toBe(800);
  });

  it("proposes limits by Little's law, for each proxy of the caller that needs most", () => {
    const suggestions = propose(known("Hold"), known("Hold", { caller: "booking", peakPerSecond: 300 }));
    expect(fieldOf(suggestions, "breaker.requests")).toMatchObject({
      now: "400",
      proposed: "50",
      arithmetic: [
        "web: 500/s × p99 80ms = 40 at once, ÷ 2 proxies × 2 = 40",
        "booking: 300/s × p99 80ms = 24 at once, ÷ 1 proxy × 2 = 48",
        "→ 50 for each proxy; all 3 together may send 150",
      ],
    });
    expect(fieldOf(suggestions, "breaker.pending")).toMatchObject({
      now: "100",
      proposed: "150",
      arithmetic: [
        "web: 500/s × connect timeout 200ms ÷ 2 proxies × 2 = 100",
        "booking: 300/s × connect timeout 200ms ÷ 1 proxy × 2 = 120",
        "→ 150",
      ],
    });
  });

  it("adds the methods of a caller", () => {
    const suggestions = propose(known("Hold"), known("List"));
    expect(fieldOf(suggestions, "breaker.requests")?.arithmetic[0]).toBe(
      "web: 1000/s × p99 80ms = 80 at once, ÷ 2 proxies × 2 = 80",
    );
  });

  it("proposes a budget that covers one failing host, and no more than adds a quarter of load", () => {
    const budget = fieldOf(propose(known("List")), "breaker.retryBudget");
    expect(budget).toMatchObject({ now: "25%", proposed: "20%" });
    expect(budget?.arithmetic).toEqual([
      "1 of 3 hosts fails: 1 ÷ (3 + 1) = 25% of all requests are retries",
      "at most 20%: load × 1 ÷ (1 − 0.2) = ×1.25",
    ]);
  });

  it("proposes no budget where nothing is retried", () => {
    expect(fieldOf(propose(known("Hold")), "breaker.retryBudget")).toBeUndefined();
  });

  it("proposes limits alone where the metric does not tell methods apart", () => {
    expect(propose(known(undefined)).proposals.map(({ field }) => field)).toEqual([
      "breaker.requests",
      "breaker.pending",
      "breaker.retryBudget",
    ]);
  });

  it("refuses too few requests, and names how many are needed", () => {
    const suggestions = propose(known("Hold", { latency: few }));
    expect(suggestions.proposals).toEqual([]);
    expect(suggestions.refusals.map(({ method, why }) => [method, why])).toEqual([
      ["Hold", "812 requests were measured; p99.9 needs 10000, so that ten of them lie beyond it"],
      [undefined, "calls of web: 812 requests were measured; the limits need p99, and that needs 1000"],
    ]);
  });

  it("refuses a quantile above the largest bucket", () => {
    const latency: Measured["latency"] = {
      interpolate: true,
      buckets: [
        { boundMs: 100, count: 19_900 },
        { boundMs: Infinity, count: 20_000 },
      ],
    };
    const suggestions = propose(known("Hold", { latency }));
    expect(suggestions.refusals[0]?.why).toBe(
      "p99.9 lies above the largest bucket, 100ms: the metric needs larger ones",
    );
    expect(fieldOf(suggestions, "breaker.requests")).toBeDefined();
  });

  it("leaves out methods that nobody called", () => {
    const none = known("Hold", { latency: { interpolate: true, buckets: [{ boundMs: Infinity, count: 0 }] } });
    expect(propose(none)).toMatchObject({ proposals: [], refusals: [] });
  });
});

describe("readBench", () => {
  const report = { accepted: 30_000, acceptedPerSecond: 600, acceptLatencyMs: { p50: 5, p95: 20, p99: 40, max: 130 } };
  const call = { caller: "web", service: seats, method: "Hold" };

  it("takes the maximum for the p99.9 that the report does not have", () => {
    const suggestions = propose(readBench(JSON.stringify(report), "report.json", call));
    expect(fieldOf(suggestions, "timeout")?.arithmetic).toEqual(["p99.9 130ms × 2 = 260ms → 300ms"]);
    expect(fieldOf(suggestions, "breaker.requests")?.arithmetic[0]).toBe(
      "web: 600/s × p99 40ms = 24 at once, ÷ 2 proxies × 2 = 24",
    );
  });

  it("names the field that is missing", () => {
    expect(() => readBench(JSON.stringify({ ...report, accepted: undefined }), "report.json", call)).toThrow(
      /report\.json: not a report of a load run: accepted: /,
    );
  });
});

describe("formatSuggestions", () => {
  it("shows what was measured, each proposal with its arithmetic, and what is refused", () => {
    const suggestions = propose(known("Hold"), known("List", { latency: few, peakPerSecond: 1 }));
    const text = formatSuggestions(seatsMesh().catalog, { ...suggestions, ignored: ["3 series: of another mesh"] });
    expect(text.split("\n")).toEqual([
      "CALLER  CALLED            REQUESTS  PEAK PER S",
      "web     SeatService/Hold     20000         500",
      "web     SeatService/List       812           1",
      "",
      "FOR               FIELD                NOW  PROPOSED  ARITHMETIC",
      "SeatService/Hold  timeout              1s   350ms     p99.9 160ms × 2 = 320ms → 350ms",
      "SeatService       breaker.requests     400  40        web: 501/s × p99 78.8ms = 39.5 at once, ÷ 2 proxies × 2 = 39.5",
      "                                                      → 40 for each proxy; all 2 together may send 80",
      "SeatService       breaker.pending      100  150       web: 501/s × connect timeout 200ms ÷ 2 proxies × 2 = 100",
      "                                                      → 150",
      "SeatService       breaker.retryBudget  25%  20%       1 of 3 hosts fails: 1 ÷ (3 + 1) = 25% of all requests are retries",
      "                                                      at most 20%: load × 1 ÷ (1 − 0.2) = ×1.25",
      "",
      "Nothing proposed for:",
      "  SeatService/List: 812 requests were measured; p99.9 needs 10000, so that ten of them lie beyond it",
      "",
      "Not read:",
      "  3 series: of another mesh",
      "",
      "Nothing was written. Values hold for the hours that were measured; look at a day with the highest load.",
    ]);
  });
});
