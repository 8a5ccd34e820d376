// Which host a proxy sends a try to. Source: Envoy's architecture overview "Load balancing" (least request, priority
// levels, panic threshold).
import type { EffectiveValues } from "../model/effective.ts";
import { small, whole } from "./cells.ts";
import type { Random } from "./random.ts";

/** There is no host that may be chosen. */
export const noHost = -1;

/** Envoy's overprovisioning factor: a level keeps all its calls until fewer than 1/1.4 of its hosts are healthy. */
const overprovisioning = 140;

interface Level {
  readonly hosts: Int32Array;
  healthy: Int32Array;
  /** Of a hundred calls, the share that goes here. */
  load: number;
  /** So few are healthy that their health is no longer heeded. */
  panics: boolean;
  /** Next in turn, for ROUND_ROBIN. */
  turn: number;
}

export class Balancer {
  readonly #levels: readonly Level[];
  readonly #policy: EffectiveValues["loadBalancing"];
  readonly #panicPercent: number;
  readonly #active: Int32Array;
  readonly #random: Random;

  /**
   * @param levels hosts by priority: those of the first are taken as long as enough of them are healthy
   * @param active tries under way per host, kept up to date by the owner
   */
  constructor(levels: readonly (readonly number[])[], active: Int32Array, values: EffectiveValues, random: Random) {
    this.#policy = values.loadBalancing;
    this.#panicPercent = values.ejectMinHealthPercent;
    this.#active = active;
    this.#random = random;
    this.#levels = levels.map((hosts) => ({
      hosts: Int32Array.from(hosts),
      healthy: Int32Array.from(hosts),
      load: 0,
      panics: false,
      turn: random.below(hosts.length),
    }));
    this.healthChanged(new Uint8Array(active.length));
  }

  /** @param out 1 for each host that is ejected */
  healthChanged(out: Uint8Array): void {
    const available: number[] = [];
    for (const level of this.#levels) {
      level.healthy = level.hosts.filter((host) => small(out, host) === 0);
      available.push(Math.min(100, Math.floor((overprovisioning * level.healthy.length) / level.hosts.length)));
    }
    const total = Math.min(
      100,
      available.reduce((sum, share) => sum + share, 0),
    );
    let rest = 100;
    for (const [index, level] of this.#levels.entries()) {
      const share = total === 0 ? (index === 0 ? 100 : 0) : Math.floor(((available[index] ?? 0) * 100) / total);
      level.load = Math.min(rest, share);
      rest -= level.load;
      level.panics = total < 100 && (100 * level.healthy.length) / level.hosts.length < this.#panicPercent;
    }
    const [first] = this.#levels;
    // What rounding leaves over goes to the first level that takes anything.
    const taker = this.#levels.find(({ load }) => load > 0) ?? first;
    if (taker !== undefined) taker.load += rest;
  }

  choose(): number {
    const level = this.#chooseLevel();
    if (level === undefined) return noHost;
    const hosts = level.panics ? level.hosts : level.healthy;
    const count = hosts.length;
    if (count === 0) return noHost;
    if (this.#policy === "ROUND_ROBIN") {
      level.turn = (level.turn + 1) % count;
      return whole(hosts, level.turn);
    }
    const host = whole(hosts, this.#random.below(count));
    if (this.#policy === "RANDOM") return host;
    // Two choices, which may be the same host; of equals the first.
    const other = whole(hosts, this.#random.below(count));
    return whole(this.#active, other) < whole(this.#active, host) ? other : host;
  }

  #chooseLevel(): Level | undefined {
    if (this.#levels.length === 1) return this.#levels[0];
    let dice = this.#random.below(100);
    for (const level of this.#levels) {
      if (dice < level.load) return level;
      dice -= level.load;
    }
    return undefined;
  }
}
