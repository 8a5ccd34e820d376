// All that a play of a scenario is made of, and what has been counted so far.
import type { EffectiveValues } from "../model/effective.ts";
import { grpcStatuses } from "../model/grpc-status.ts";
import type { Ejection } from "../scenario/outcome.ts";
import type { Scenario } from "../scenario/scenario-file.ts";
import { Arrivals } from "./arrivals.ts";
import { backoffsOf } from "./backoff.ts";
import { ClientProxy } from "./client-proxy.ts";
import { ejects } from "./ejection.ts";
import { EventHeap } from "./event-heap.ts";
import { begin, disturb, mergeWindowEnds, tick } from "./event-kinds.ts";
import { Host } from "./host.ts";
import { levelsOf } from "./localities.ts";
import { Random } from "./random.ts";
import { Recorder } from "./recorder.ts";
import { Requests } from "./requests.ts";
import { TimerLine } from "./timer-line.ts";
import { retriedResults } from "./try-results.ts";

export class World {
  now = 0;
  requestCount = 0;
  retries = 0;
  retriesRefused = 0;
  refused = 0;
  firstRefusedMs: number | undefined;
  readonly byStatus = new Int32Array(grpcStatuses.length);
  readonly ejections: { -readonly [Key in keyof Ejection]: Ejection[Key] }[] = [];
  readonly recorder = new Recorder();
  readonly requests = new Requests();
  readonly events = new EventHeap();
  readonly scenario: Scenario;
  readonly values: EffectiveValues;
  readonly hosts: readonly Host[];
  readonly proxies: readonly ClientProxy[];
  readonly arrivals: Arrivals;
  readonly tryTimers: TimerLine;
  readonly routeTimers: TimerLine;
  /** Which results of a try are retried. */
  readonly retried: Uint8Array;
  readonly backoffs: readonly number[];
  // A sequence for each purpose: two policies meet the same arrivals.
  readonly workRandom: Random;
  readonly resultRandom: Random;
  readonly backoffRandom: Random;
  readonly faultRandom: Random;

  constructor(scenario: Scenario, values: EffectiveValues, seed: number) {
    this.scenario = scenario;
    this.values = values;
    this.workRandom = new Random(seed, 1);
    this.resultRandom = new Random(seed, 2);
    this.backoffRandom = new Random(seed, 3);
    this.faultRandom = new Random(seed, 4);
    const placing = new Random(seed, 5);
    this.arrivals = new Arrivals(scenario, new Random(seed, 6));
    this.hosts = scenario.hosts.map((host) => new Host(host));
    this.proxies = Array.from({ length: scenario.clients.proxies }, (_, proxy) => {
      const levels = levelsOf(scenario.hosts, proxy, values.locality);
      const note = (host: number, out: boolean): void => this.#noteEjection(proxy, host, out);
      return new ClientProxy(scenario.hosts.length, levels, values, placing, note);
    });
    const timeoutMs = values.timeoutMs ?? Number.POSITIVE_INFINITY;
    const perTryMs = values.retryPerTryMs ?? Number.POSITIVE_INFINITY;
    this.routeTimers = new TimerLine(timeoutMs);
    // Envoy leaves a try's time aside when it is not shorter than the route's.
    this.tryTimers = new TimerLine(perTryMs < timeoutMs ? perTryMs : Number.POSITIVE_INFINITY);
    this.retried = retriedResults(values.retryOn);
    this.backoffs = backoffsOf(values);
    this.#planEvents(placing);
  }

  #planEvents(placing: Random): void {
    const { scenario, values, proxies, arrivals } = this;
    for (const [index, { at, until }] of scenario.events.entries()) {
      this.events.push(at, disturb, index, 1);
      if (until !== undefined) this.events.push(until, disturb, index, 0);
    }
    for (const proxy of ejects(values) ? proxies.keys() : []) {
      // Proxies were started at some time before: their ticks have any phase.
      this.events.push(placing.uniform() * values.ejectIntervalMs, tick, proxy, 0);
    }
    for (let lane = 0; lane < arrivals.lanes; lane++) this.events.push(0, begin, lane % proxies.length, 0);
  }

  #noteEjection(proxy: number, host: number, out: boolean): void {
    const { proxies, scenario } = this;
    const dueMs = proxies[proxy]?.healthChanged(this.now);
    if (dueMs !== undefined) this.events.push(dueMs, mergeWindowEnds, proxy, 0);
    const name = scenario.hosts[host]?.name ?? "";
    if (out) this.ejections.push({ host: name, proxy: proxy + 1, atMs: this.now, untilMs: undefined });
    else {
      const ejection = this.ejections.findLast((each) => each.host === name && each.proxy === proxy + 1);
      if (ejection !== undefined) ejection.untilMs = this.now;
    }
    const sum = proxies.reduce((total, { ejection }) => total + ejection.outCount, 0);
    this.recorder.hostsOut(this.now, sum / proxies.length);
  }
}
