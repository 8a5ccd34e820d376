import { describe, expect, it } from "vitest";
import { codeOf } from "../model/grpc-status.ts";
import { EjectionState } from "./ejection.ts";
import { plainValues } from "./testing/plain.ts";
import { ok, timedOut, unavailable } from "./try-results.ts";

const exhausted = codeOf("RESOURCE_EXHAUSTED");
const internal = codeOf("INTERNAL");

function ejection(hosts: number, changes: Parameters<typeof plainValues>[0]) {
  const changed: string[] = [];
  let now = 0;
  const state = new EjectionState(
    hosts,
    plainValues({ ejectIntervalMs: 1_000, ejectBaseMs: 3_000, ...changes }),
    (host, out) => changed.push(`${host} ${out ? "out" : "back"} at ${now}`),
  );
  return {
    changed,
    count: (at: number, host: number, ...results: number[]): void => {
      now = at;
      for (const result of results) state.count(at, host, result);
    },
    tickUntil: (end: number): void => {
      for (now = Math.ceil((now + 1) / 1_000) * 1_000; now <= end; now += 1_000) state.tick(now);
      now = end;
    },
  };
}

const times = (count: number, result: number): number[] => new Array<number>(count).fill(result);

describe("ejection", () => {
  it("ejects at the threshold, and takes back at the first tick after the base time", () => {
    const { changed, count, tickUntil } = ejection(2, { ejectAfterGatewayErrors: 5 });
    count(100, 1, ...times(4, unavailable));
    expect(changed).toEqual([]);
    count(150, 1, unavailable);
    tickUntil(10_000);
    // 150 + 3000 has passed at the tick of 4000, not at that of 3000.
    expect(changed).toEqual(["1 out at 150", "1 back at 4000"]);
  });

  it("starts to count again after a good answer, and after RESOURCE_EXHAUSTED", () => {
    const { changed, count } = ejection(2, { ejectAfterGatewayErrors: 5 });
    for (const pardon of [ok, exhausted]) count(1, 0, ...times(4, unavailable), pardon);
    count(2, 0, ...times(4, timedOut));
    expect(changed).toEqual([]);
    count(3, 0, timedOut);
    expect(changed).toEqual(["0 out at 3"]);
  });

  it("counts INTERNAL as an error, and no gateway error: it breaks their row", () => {
    const gateway = ejection(2, { ejectAfterGatewayErrors: 3 });
    gateway.count(1, 0, unavailable, unavailable, internal, unavailable, unavailable);
    expect(gateway.changed).toEqual([]);
    const all = ejection(2, { ejectAfterErrors: 3 });
    all.count(1, 0, unavailable, internal, unavailable);
    expect(all.changed).toEqual(["0 out at 1"]);
  });

  it("keeps a host out longer each time that it fails at once again, and forgets with every quiet interval", () => {
    const { changed, count, tickUntil } = ejection(2, { ejectAfterGatewayErrors: 1 });
    count(500, 0, unavailable);
    tickUntil(4_000);
    count(4_100, 0, unavailable);
    tickUntil(11_000);
    // Twice the base time: 4100 + 6000 = 10100.
    expect(changed).toEqual(["0 out at 500", "0 back at 4000", "0 out at 4100", "0 back at 11000"]);
    // Two quiet intervals take both times off again: the next ejection lasts one base time.
    tickUntil(13_000);
    count(13_500, 0, unavailable);
    tickUntil(20_000);
    expect(changed.slice(4)).toEqual(["0 out at 13500", "0 back at 17000"]);
  });

  it.each([
    [2, 50, 1],
    [2, 49, 0],
    [3, 50, 1],
    [4, 50, 2],
    [4, 100, 4],
  ])("of %i hosts with at most %i%% ejects %i", (hosts, ejectMaxPercent, expected) => {
    const { changed, count } = ejection(hosts, { ejectAfterGatewayErrors: 1, ejectMaxPercent });
    for (let host = 0; host < hosts; host++) count(1, host, unavailable);
    expect(changed).toHaveLength(expected);
  });
});
