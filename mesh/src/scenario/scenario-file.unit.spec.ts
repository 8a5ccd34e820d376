import { describe, expect, it } from "vitest";
import { MeshFilesError, parsePositioned } from "../files/positioned.ts";
import { scenarioShape } from "./scenario-file.ts";

const written = (rest: string): string => `
about: one host fails
call: { caller: desk, service: cinema.v1.Seats, method: Hold }
clients: { load: { perSecond: 20 } }
lasts: 5s
hosts:
  - { name: one, latency: 10ms }
  - { name: two, latency: { p50: 10ms, p99: 50ms }, concurrency: 4, zone: a }
${rest}`;

const read = (rest: string) => parsePositioned(written(rest), "s.yaml", scenarioShape).value;

function faultsOf(rest: string): string[] {
  try {
    read(rest);
  } catch (error) {
    if (error instanceof MeshFilesError)
      return error.faults.map(({ line, field, message }) => `${line} ${field}: ${message}`);
    throw error;
  }
  return [];
}

describe("a scenario file", () => {
  it("says in milliseconds what was written in words", () => {
    const scenario = read("events: [{ at: 1s, until: 2s, hosts: [two], does: { slow: 1.5s } }]\ntimeLapse: 5");
    expect(scenario).toMatchObject({
      lasts: 5_000,
      timeLapse: 5,
      seed: 1,
      clients: { proxies: 1, load: { perSecond: 20, arrivals: "even" } },
      events: [{ at: 1_000, until: 2_000, does: { slow: 1_500 } }],
    });
  });

  it.each([
    [
      "events: [{ at: 1s, hosts: [three], does: { hangs: true } }]",
      ['9 events.0.hosts.0: there is no host "three"; allowed: one, two'],
    ],
    [
      "events: [{ at: 2s, until: 1s, hosts: [two], does: { away: true } }]",
      ["9 events.0.until: 1s is not accepted; allowed: later than at, which is 2s"],
    ],
    ["seed: 1.5", [expect.stringMatching(/^9 seed: /)]],
    ["timeLapse: 0", [expect.stringMatching(/^9 timeLapse: /)]],
  ])("is refused with %s", (rest, expected) => {
    expect(faultsOf(rest)).toEqual(expected);
  });

  it("is refused with a status that gRPC does not have", () => {
    const [fault] = faultsOf("events: [{ at: 1s, hosts: [two], does: { fails: { status: GONE, percent: 5% } } }]");
    expect(fault).toMatch(/^9 events\.0\.does\.fails\.status: .*UNAVAILABLE/);
  });
});
