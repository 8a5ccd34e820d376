import { status } from "@grpc/grpc-js";
import { expect, test } from "vitest";
import { type Scenario, scenarioShape } from "../../scenario/scenario-file.ts";
import { hostBehaviour } from "./host-behaviour.ts";
import { activeAt, momentsOf } from "./play-events.ts";

const scenario: Scenario = scenarioShape.parse({
  about: "Two hosts, of which the second has a bad day.",
  call: { caller: "desk", service: "lab.Echo", method: "Say" },
  clients: { load: { perSecond: 100 } },
  lasts: "5s",
  hosts: [
    { name: "a", latency: "10ms" },
    { name: "b", latency: "10ms", concurrency: 4 },
  ],
  events: [
    { at: "1s", until: "3s", hosts: ["b"], does: { slow: "400ms" } },
    { at: "2s", hosts: ["a", "b"], does: { fails: { status: "ABORTED", percent: "100%" } } },
  ],
});

test("something changes at the start and at each beginning and end, each time once", () => {
  expect(momentsOf(scenario)).toEqual([0, 1_000, 2_000, 3_000]);
});

test("an event lasts from its beginning up to its end, for its hosts", () => {
  expect(activeAt(scenario, "b", 999)).toEqual([]);
  expect(activeAt(scenario, "b", 1_000)).toHaveLength(1);
  expect(activeAt(scenario, "b", 2_500)).toHaveLength(2);
  expect(activeAt(scenario, "b", 3_000)).toHaveLength(1);
  expect(activeAt(scenario, "a", 1_500)).toEqual([]);
});

test("a host has its usual latency and its place in line, and what disturbs it changes no more than that", () => {
  const [, host] = scenario.hosts;
  if (host === undefined) throw new Error("the scenario has two hosts");
  const behaviour = hostBehaviour(host, activeAt(scenario, "b", 2_500), () => 0);
  expect(behaviour.delayMs?.()).toBe(400);
  expect(behaviour.concurrency).toBe(4);
  expect(behaviour.fails?.status).toBe(status.ABORTED);
  expect(behaviour.fails?.when()).toBe(true);
  expect(hostBehaviour(host, [], () => 0).delayMs?.()).toBe(10);
  expect(hostBehaviour(host, [{ hangs: true }], () => 0).hangs).toBe(true);
  expect(hostBehaviour(host, [{ away: true }], () => 0).fails).toBeUndefined();
});
