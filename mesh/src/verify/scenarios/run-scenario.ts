// Drives a scenario through real proxies: the load of its clients, and what goes wrong at its hosts, at its times.
import type { Mesh } from "../../model/mesh.ts";
import { resolveEffective } from "../../model/resolve-effective.ts";
import type { MeasuredRun, ScenarioOutcome } from "../../scenario/outcome.ts";
import type { Scenario } from "../../scenario/scenario-file.ts";
import {
  type Bed,
  type BedInstance,
  type BedPlan,
  callersOf,
  instancesOf,
  type StartBed,
  serversOf,
  withBed,
} from "../bed/bed.ts";
import { seeded } from "../bed/chance.ts";
import { type CallResult, createTestClient, type TestClient } from "../bed/client.ts";
import { type Counters, counting, outboundCounters } from "../bed/counters.ts";
import { watchEjections } from "../bed/ejections.ts";
import { closedLoop, openLoop } from "../bed/load.ts";
import { countOf, countStatuses, latencyFigures } from "../bed/tally.ts";
import type { TestServer } from "../bed/test-server.ts";
import { until } from "../bed/until.ts";
import { timeLapse } from "../policy-changes.ts";
import { harmfulStallMs, type Soundness, watchingStalls } from "../stall.ts";
import { playEvents } from "./play-events.ts";

export interface ScenarioRun extends MeasuredRun, Soundness {
  readonly timeLapse: number;
}

/**
 * A scenario that was driven while this process was kept from running is driven once more, for every figure of it is
 * spoiled; what then comes counts.
 * @throws RangeError for a scenario that this mesh has no place for
 */
export async function runScenarioSoundly(
  start: StartBed,
  mesh: Mesh,
  name: string,
  scenario: Scenario,
): Promise<ScenarioRun> {
  const first = await runScenario(start, mesh, name, scenario);
  const repeated = first.stallMs > harmfulStallMs;
  return { ...(repeated ? await runScenario(start, mesh, name, scenario) : first), repeated };
}

/** @throws RangeError for a scenario that this mesh has no place for */
export async function runScenario(
  start: StartBed,
  mesh: Mesh,
  name: string,
  scenario: Scenario,
): Promise<Omit<ScenarioRun, "repeated">> {
  const { caller, service, method } = scenario.call;
  const lapsed = timeLapse(mesh, scenario.timeLapse);
  const workload = mesh.services.get(service)?.policy.value.workload;
  if (workload === undefined) throw new RangeError(`scenario ${name}: ${service} has no policy`);
  if (!resolveEffective(lapsed, caller, service, method).effective.allowed.value)
    throw new RangeError(`scenario ${name}: ${caller} may not call ${service}/${method}`);
  const { result: outcome, stallMs } = await withBed(start, scenarioPlan(lapsed, workload, scenario), (bed) =>
    drive(bed, workload, scenario),
  );
  return { scenario: name, outcome, stallMs, timeLapse: scenario.timeLapse };
}

function scenarioPlan(mesh: Mesh, workload: string, { call, clients, hosts }: Scenario): BedPlan {
  return {
    mesh,
    workloads: {
      [call.caller]: Array.from({ length: clients.proxies }, (_, index) => ({ name: `${call.caller}-${index + 1}` })),
      [workload]: hosts.map(({ name, zone }) => ({ name, ...(zone !== undefined && { zone }) })),
    },
  };
}

async function drive(bed: Bed, workload: string, scenario: Scenario) {
  const { caller, service, method } = scenario.call;
  const path = `/${service}/${method}`;
  const proxies = callersOf(bed, caller, workload);
  const clients = proxies.map(({ outlet }) =>
    createTestClient(outlet.address, outlet.authority === undefined ? {} : { authority: outlet.authority }),
  );
  try {
    await warmUp(serversOf(bed, workload), path, clients);
    const random = seeded(scenario.seed);
    const { result, grown } = await counting(
      () => outboundCounters(proxies, workload),
      () =>
        watchingStalls(async () => {
          const watch = watchEjections(bed, proxies, workload);
          const events = playEvents(bed, scenario, random);
          const calls = await load(scenario, path, clients);
          await events.stop();
          return { calls, ejections: await watch.stop() };
        }),
    );
    const { calls, ejections } = result.result;
    return { result: outcomeOf(instancesOf(bed, workload), calls, grown, ejections), stallMs: result.stallMs };
  } finally {
    for (const client of clients) client.close();
  }
}

/** Connections are there before the time begins: a model without them would otherwise start differently. */
async function warmUp(servers: readonly TestServer[], path: string, clients: readonly TestClient[]): Promise<void> {
  const warm = await until(async () => {
    await Promise.all(clients.map((client) => client.call(path)));
    return servers.every((server) => server.tries() >= 2 * clients.length);
  }, 10_000);
  if (!warm) throw new Error("not every host of the bed could be reached before the scenario began");
  for (const server of servers) server.clearCounts();
}

async function load(
  { clients: { load }, lasts }: Scenario,
  path: string,
  clients: readonly TestClient[],
): Promise<CallResult[]> {
  if ("perSecond" in load) {
    return openLoop(load.perSecond, lasts, (index) => at(clients, index % clients.length).call(path));
  }
  const loops = clients.map((client) => closedLoop(load.concurrency, lasts, () => client.call(path)));
  return (await Promise.all(loops)).flat();
}

function outcomeOf(
  hosts: readonly BedInstance[],
  calls: readonly CallResult[],
  counters: Counters,
  ejections: ScenarioOutcome["ejections"],
): ScenarioOutcome {
  const counted = (name: string): number => counters.get(name) ?? 0;
  const { OK: _, ...failed } = Object.fromEntries(countStatuses(calls));
  return {
    requests: calls.length,
    succeeded: countOf(calls, "OK"),
    failed,
    tries: Object.fromEntries(hosts.map(({ name, server }) => [name, server?.tries() ?? 0])),
    retries: counted("upstream_rq_retry"),
    retriesRefused: counted("upstream_rq_retry_overflow"),
    // Since Envoy 1.38 a breaker of requests counts apart from one of pending requests.
    refused: counted("upstream_rq_active_overflow") + counted("upstream_rq_pending_overflow"),
    ejections,
    latencyMs: latencyFigures(calls),
  };
}

function at<T>(list: readonly T[], index: number): T {
  const value = list[index];
  if (value === undefined) throw new RangeError(`there is no element ${index} of ${list.length}`);
  return value;
}
