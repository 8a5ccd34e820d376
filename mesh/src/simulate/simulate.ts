// Plays a scenario under a policy, and tells what came of it.
import type { EffectiveValues } from "../model/effective.ts";
import { grpcStatuses } from "../model/grpc-status.ts";
import type { ScenarioOutcome } from "../scenario/outcome.ts";
import type { Scenario } from "../scenario/scenario-file.ts";
import { withTimeLapse } from "../scenario/time-lapse.ts";
import { whole } from "./cells.ts";
import { play } from "./play.ts";
import type { Series } from "./recorder.ts";
import { World } from "./world.ts";

export interface SimulatedOutcome extends ScenarioOutcome {
  /** When the last request ended. */
  readonly endMs: number;
  /** When a breaker first refused a request; undefined: never. */
  readonly firstRefusedMs: number | undefined;
  readonly series: Series;
}

/**
 * A discrete-event model of client proxies and hosts. The same scenario, values and seed give the same outcome, number
 * by number; `docs/mesh-calibration.md` says how near it comes to real proxies.
 *
 * Not modelled: processor time of proxies and clients (it adds a fixed 0.6 ms to a try), more than one worker thread
 * per proxy, breakers of the hosts' own sidecars, `maxConnections` (over HTTP/2 one connection per host suffices), and
 * the time to reach a machine that does not answer at all.
 *
 * @param values what is in effect for the scenario's call; the scenario's time-lapse is applied here
 * @param seed the scenario's own where nothing is said
 */
export function simulate(scenario: Scenario, values: EffectiveValues, seed: number = scenario.seed): SimulatedOutcome {
  const world = new World(scenario, withTimeLapse(values, scenario.timeLapse), seed);
  play(world);
  const { recorder, byStatus } = world;
  const failed = grpcStatuses.map((status, code) => [status, whole(byStatus, code)] as const).slice(1);
  return {
    requests: world.requestCount,
    succeeded: whole(byStatus, 0),
    failed: Object.fromEntries(failed.filter(([, count]) => count > 0)),
    tries: Object.fromEntries(scenario.hosts.map(({ name }, index) => [name, world.hosts[index]?.reached ?? 0])),
    retries: world.retries,
    retriesRefused: world.retriesRefused,
    refused: world.refused,
    ejections: world.ejections,
    latencyMs: recorder.latencyMs(),
    endMs: world.now,
    firstRefusedMs: world.firstRefusedMs,
    series: recorder.series(world.now),
  };
}
