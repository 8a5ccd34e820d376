// When requests come, and through which proxy.
import type { Scenario } from "../scenario/scenario-file.ts";
import type { Random } from "./random.ts";

export class Arrivals {
  /** Of the next arrival; Infinity after the last one, and where each request waits for the one before it. */
  time: number;
  /** Requests that are always under way, of all proxies together; 0 where requests come whatever happens. */
  readonly lanes: number;
  readonly #lastsMs: number;
  readonly #proxies: number;
  readonly #random: Random;
  readonly #even: boolean;
  readonly #gapMs: number;
  #count = 0;

  constructor({ clients: { proxies, load }, lasts }: Scenario, random: Random) {
    this.#lastsMs = lasts;
    this.#proxies = proxies;
    this.#random = random;
    const open = "perSecond" in load;
    this.lanes = open ? 0 : proxies * load.concurrency;
    this.#even = open && load.arrivals === "even";
    this.#gapMs = open ? 1000 / load.perSecond : Number.POSITIVE_INFINITY;
    this.time = open ? (this.#even ? 0 : random.exponential(this.#gapMs)) : Number.POSITIVE_INFINITY;
    if (this.time >= lasts) this.time = Number.POSITIVE_INFINITY;
  }

  /** @returns the proxy of the arrival that is due, and goes on to the next one */
  next(): number {
    this.#count++;
    // A product, and no sum: a thousand additions would not end at the second.
    this.time = this.#even ? this.#count * this.#gapMs : this.time + this.#random.exponential(this.#gapMs);
    if (this.time >= this.#lastsMs) this.time = Number.POSITIVE_INFINITY;
    return this.#even ? (this.#count - 1) % this.#proxies : this.#random.below(this.#proxies);
  }
}
