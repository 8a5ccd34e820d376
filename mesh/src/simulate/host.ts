// One host: how long it takes, how it fails, and the line of requests that it has not come to yet.
import { codeOf } from "../model/grpc-status.ts";
import type { Disturbance, Scenario } from "../scenario/scenario-file.ts";
import { type Random, spreadOf } from "./random.ts";
import { ok, unavailable } from "./try-results.ts";

type Latency = Scenario["hosts"][number]["latency"];

interface LatencyModel {
  readonly p50: number;
  readonly spread: number;
}

const modelOf = (latency: Latency): LatencyModel =>
  typeof latency === "number"
    ? { p50: latency, spread: 0 }
    : { p50: latency.p50, spread: spreadOf(latency.p50, latency.p99) };

/** A try that waits for its turn. */
interface InLine {
  readonly slot: number;
  readonly stamp: number;
  readonly workMs: number;
  readonly result: number;
}

export class Host {
  readonly concurrency: number;
  /** Tries that it works on; whoever waits for them may have given up. */
  busy = 0;
  /** How often its process has ended: what it had begun before that, it will not finish. */
  lives = 0;
  reached = 0;
  hangs = false;
  away = false;
  gone = false;
  readonly #usual: LatencyModel;
  readonly #disturbances = new Set<Disturbance>();
  #latency: LatencyModel;
  #failPercent = 0;
  #failResult = unavailable;
  #resetPercent = 0;
  #line: InLine[] = [];
  #lineStart = 0;

  constructor({ latency, concurrency }: Scenario["hosts"][number]) {
    this.concurrency = concurrency ?? Number.POSITIVE_INFINITY;
    this.#usual = this.#latency = modelOf(latency);
  }

  /** Where several hold at once, the later one of a kind counts. */
  disturb(does: Disturbance, on: boolean): void {
    if (on) this.#disturbances.add(does);
    else this.#disturbances.delete(does);
    this.hangs = this.away = this.gone = false;
    this.#latency = this.#usual;
    this.#failPercent = this.#resetPercent = 0;
    for (const each of this.#disturbances) {
      if ("fails" in each) {
        this.#failPercent = each.fails.percent;
        this.#failResult = codeOf(each.fails.status);
      } else if ("slow" in each) this.#latency = modelOf(each.slow);
      else if ("resets" in each) this.#resetPercent = each.resets.percent;
      else if ("hangs" in each) this.hangs = true;
      else if ("away" in each) this.away = true;
      else this.gone = true;
    }
  }

  drawWorkMs(random: Random): number {
    return random.lognormal(this.#latency.p50, this.#latency.spread);
  }

  /** A reset becomes UNAVAILABLE in the host's own sidecar. */
  drawResult(random: Random): number {
    if (random.happens(this.#resetPercent)) return unavailable;
    return random.happens(this.#failPercent) ? this.#failResult : ok;
  }

  enqueue(job: InLine): void {
    this.#line.push(job);
  }

  /** The first of the line; undefined when nobody waits. */
  dequeue(): InLine | undefined {
    const job = this.#line[this.#lineStart];
    if (job === undefined) {
      this.#line = [];
      this.#lineStart = 0;
    } else if (++this.#lineStart > 1024 && this.#lineStart * 2 > this.#line.length) {
      this.#line = this.#line.slice(this.#lineStart);
      this.#lineStart = 0;
    }
    return job;
  }

  /** The process ends: whatever it worked on and had in line is lost. */
  drop(): void {
    this.lives++;
    this.busy = 0;
    this.#line = [];
    this.#lineStart = 0;
  }
}
