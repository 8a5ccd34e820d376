// Lets hosts misbehave at the times that a scenario names.
import { setTimeout as delay } from "node:timers/promises";
import type { Disturbance, Scenario } from "../../scenario/scenario-file.ts";
import type { Bed } from "../bed/bed.ts";
import type { TestServer } from "../bed/test-server.ts";
import { hostBehaviour, type ScenarioHost } from "./host-behaviour.ts";

export interface Play {
  /** Ends it; what was disturbed stays so. */
  stop(): Promise<void>;
}

/** Starts with the hosts' usual behaviour, now; times count from now. */
export function playEvents(bed: Bed, scenario: Scenario, random: () => number): Play {
  const start = performance.now();
  const over = new AbortController();
  const hosts = scenario.hosts.map((host) => ({ host, server: serverNamed(bed, host.name) }));
  const moments = momentsOf(scenario);
  const apply = async (nowMs: number): Promise<void> => {
    await Promise.all(hosts.map(({ host, server }) => set(server, host, activeAt(scenario, host.name, nowMs), random)));
  };
  const played = (async () => {
    for (const momentMs of moments) {
      await delay(Math.max(0, start + momentMs - performance.now()), undefined, { signal: over.signal });
      await apply(momentMs);
    }
  })().catch((error: Error) => {
    if (error.name !== "AbortError") throw error;
  });
  // Whoever stops it hears of a failure; until then nobody listens.
  played.catch(() => undefined);
  return {
    stop: async () => {
      over.abort();
      await played;
    },
  };
}

/** When something begins or ends, the beginning of the scenario included. */
export function momentsOf({ events }: Pick<Scenario, "events">): number[] {
  const moments = events.flatMap(({ at, until }) => (until === undefined ? [at] : [at, until]));
  return [...new Set([0, ...moments])].sort((a, b) => a - b);
}

/** What disturbs a host at a time; an event lasts from its `at` up to its `until`. */
export function activeAt({ events }: Pick<Scenario, "events">, host: string, nowMs: number): Disturbance[] {
  return events
    .filter(
      ({ at, until, hosts }) => hosts.includes(host) && at <= nowMs && nowMs < (until ?? Number.POSITIVE_INFINITY),
    )
    .map(({ does }) => does);
}

async function set(
  server: TestServer,
  host: ScenarioHost,
  disturbances: readonly Disturbance[],
  random: () => number,
): Promise<void> {
  if (disturbances.some((disturbance) => "gone" in disturbance)) {
    throw new RangeError(`host ${host.name}: "gone" is only simulated; "away" is what real proxies can be shown`);
  }
  server.behave(hostBehaviour(host, disturbances, random));
  if (disturbances.some((disturbance) => "away" in disturbance)) await server.refuseConnections();
  else await server.acceptConnections();
}

function serverNamed(bed: Bed, name: string): TestServer {
  const server = bed.instances.find((instance) => instance.name === name)?.server;
  if (server === undefined) throw new Error(`no host ${name} takes part`);
  return server;
}
