// Timers that all run for the same time end in the order in which they were started: a line, and no heap, will do.
import { grown, grownWhole, real, whole } from "./cells.ts";

export class TimerLine {
  readonly #delayMs: number;
  #times = new Float64Array(1024);
  #subjects = new Int32Array(1024);
  #stamps = new Int32Array(1024);
  #first = 0;
  #count = 0;

  /** @param delayMs Infinity: no timer ever ends, and none is kept */
  constructor(delayMs: number) {
    this.#delayMs = delayMs;
  }

  /** Of the timer that ends next; Infinity when there is none. */
  get time(): number {
    return this.#count === 0 ? Number.POSITIVE_INFINITY : real(this.#times, this.#first);
  }
  get subject(): number {
    return whole(this.#subjects, this.#first);
  }
  get stamp(): number {
    return whole(this.#stamps, this.#first);
  }

  start(now: number, subject: number, stamp: number): void {
    if (this.#delayMs === Number.POSITIVE_INFINITY) return;
    if (this.#count === this.#times.length) this.#grow();
    const place = (this.#first + this.#count++) & (this.#times.length - 1);
    this.#times[place] = now + this.#delayMs;
    this.#subjects[place] = subject;
    this.#stamps[place] = stamp;
  }

  shift(): void {
    this.#first = (this.#first + 1) & (this.#times.length - 1);
    this.#count--;
  }

  #grow(): void {
    const size = this.#times.length;
    const moved = this.#first;
    this.#times = grown(this.#times);
    this.#subjects = grownWhole(this.#subjects);
    this.#stamps = grownWhole(this.#stamps);
    // The part before `first` continues the line: it goes behind what was the end.
    for (const cells of [this.#times, this.#subjects, this.#stamps]) cells.copyWithin(size, 0, moved);
  }
}
