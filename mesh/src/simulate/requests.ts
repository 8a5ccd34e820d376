// The requests that are under way, as columns of numbers. A place is used again when its request is over.
import { grown, grownWhole, whole } from "./cells.ts";

/** Hosts that a request can remember having been at: those of its first try and of ten retries. */
const rememberedTries = 11;

// Where a request is.
/** Nowhere: the place is free. */
export const over = 0;
/** In a pause: before its first try, or before a retry. */
export const pausing = 1;
/** A try is at a host. */
export const atHost = 2;
/** It waits for a connection. */
export const atDoor = 3;

export class Requests {
  /** Requests under way. */
  open = 0;
  /** Places that were ever used; those below it may be free. */
  used = 0;
  starts = new Float64Array(1024);
  proxies = new Int32Array(1024);
  states = new Int32Array(1024);
  hosts = new Int32Array(1024);
  /** Tries made so far. */
  tries = new Int32Array(1024);
  /** 1 while it counts against the retry budget. */
  holds = new Int32Array(1024);
  /** Grows with each step of a place: an event with an older stamp is void. */
  stamps = new Int32Array(1024);
  /** Grows with each request of a place: a route's timer of an older one is void. */
  lives = new Int32Array(1024);
  #visited = new Int32Array(1024 * rememberedTries);
  #free = new Int32Array(1024);
  #freeCount = 0;

  begin(now: number, proxy: number): number {
    if (this.#freeCount === 0 && this.used === this.starts.length) this.#grow();
    const slot = this.#freeCount > 0 ? whole(this.#free, --this.#freeCount) : this.used++;
    this.open++;
    this.starts[slot] = now;
    this.proxies[slot] = proxy;
    this.states[slot] = pausing;
    this.tries[slot] = 0;
    this.holds[slot] = 0;
    return slot;
  }

  end(slot: number): void {
    this.open--;
    this.stamps[slot] = whole(this.stamps, slot) + 1;
    this.lives[slot] = whole(this.lives, slot) + 1;
    this.states[slot] = over;
    this.#free[this.#freeCount++] = slot;
  }

  /** Voids every event that was made for the request's last step. */
  step(slot: number): number {
    const stamp = whole(this.stamps, slot) + 1;
    this.stamps[slot] = stamp;
    return stamp;
  }

  visit(slot: number, host: number): void {
    const tries = whole(this.tries, slot);
    this.hosts[slot] = host;
    if (tries < rememberedTries) this.#visited[slot * rememberedTries + tries] = host;
    this.tries[slot] = tries + 1;
  }

  wasAt(slot: number, host: number): boolean {
    const end = slot * rememberedTries + Math.min(whole(this.tries, slot), rememberedTries);
    for (let place = slot * rememberedTries; place < end; place++)
      if (whole(this.#visited, place) === host) return true;
    return false;
  }

  #grow(): void {
    this.starts = grown(this.starts);
    this.proxies = grownWhole(this.proxies);
    this.states = grownWhole(this.states);
    this.hosts = grownWhole(this.hosts);
    this.tries = grownWhole(this.tries);
    this.holds = grownWhole(this.holds);
    this.stamps = grownWhole(this.stamps);
    this.lives = grownWhole(this.lives);
    this.#visited = grownWhole(this.#visited);
    this.#free = grownWhole(this.#free);
  }
}
