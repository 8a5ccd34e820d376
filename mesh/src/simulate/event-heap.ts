// What is going to happen, the next first: a binary heap over columns of numbers, so that no event is an object.
import { grown, grownWhole, real, whole } from "./cells.ts";

/** `kind` says what happens, `subject` to what, `stamp` lets the reader see whether it has become void. */
export class EventHeap {
  size = 0;
  #times = new Float64Array(1024);
  #kinds = new Int32Array(1024);
  #subjects = new Int32Array(1024);
  #stamps = new Int32Array(1024);

  /** Of the next event; Infinity when there is none. */
  get time(): number {
    return this.size === 0 ? Number.POSITIVE_INFINITY : real(this.#times, 0);
  }
  get kind(): number {
    return whole(this.#kinds, 0);
  }
  get subject(): number {
    return whole(this.#subjects, 0);
  }
  get stamp(): number {
    return whole(this.#stamps, 0);
  }

  push(time: number, kind: number, subject: number, stamp: number): void {
    if (this.size === this.#times.length) this.#grow();
    let place = this.size++;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (real(this.#times, parent) <= time) break;
      this.#move(parent, place);
      place = parent;
    }
    this.#set(place, time, kind, subject, stamp);
  }

  /** Removes the next event. */
  pop(): void {
    const last = --this.size;
    if (last === 0) return;
    const time = real(this.#times, last);
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= last) break;
      if (child + 1 < last && real(this.#times, child + 1) < real(this.#times, child)) child++;
      if (real(this.#times, child) >= time) break;
      this.#move(child, place);
      place = child;
    }
    this.#set(place, time, whole(this.#kinds, last), whole(this.#subjects, last), whole(this.#stamps, last));
  }

  #set(place: number, time: number, kind: number, subject: number, stamp: number): void {
    this.#times[place] = time;
    this.#kinds[place] = kind;
    this.#subjects[place] = subject;
    this.#stamps[place] = stamp;
  }

  #move(from: number, to: number): void {
    this.#set(
      to,
      real(this.#times, from),
      whole(this.#kinds, from),
      whole(this.#subjects, from),
      whole(this.#stamps, from),
    );
  }

  #grow(): void {
    this.#times = grown(this.#times);
    this.#kinds = grownWhole(this.#kinds);
    this.#subjects = grownWhole(this.#subjects);
    this.#stamps = grownWhole(this.#stamps);
  }
}
