// Random numbers that are the same for the same seed, and the distributions that the model draws from.

/** The 99th percentile of the standard normal distribution. */
const z99 = 2.326_347_874;

/** A generator with 128 bits of state (sfc32), so that a million draws show no pattern. */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #count = 1;

  /** @param seed any integer; each `purpose` of a seed has its own sequence */
  constructor(seed: number, purpose = 0) {
    this.#a = seed | 0;
    this.#b = Math.imul(purpose + 1, 0x9e3779b1);
    this.#c = 0x6a09e667;
    // Neighbouring seeds begin alike: let the state mix first.
    for (let round = 0; round < 16; round++) this.uniform();
  }

  /** From 0 up to, but not, 1. */
  uniform(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#count) | 0;
    this.#count = (this.#count + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 up to, but not, `end`. */
  below(end: number): number {
    return Math.floor(this.uniform() * end);
  }

  /** True in so many of a hundred cases. */
  happens(percent: number): boolean {
    return percent > 0 && this.uniform() * 100 < percent;
  }

  /** Time between two arrivals of a Poisson process. */
  exponential(mean: number): number {
    return -mean * Math.log(1 - this.uniform());
  }

  /** Lognormal, by its median and the logarithm of its spread; see `spreadOf`. */
  lognormal(p50: number, spread: number): number {
    if (spread === 0) return p50;
    // Box and Muller's transform of two uniform numbers; 1 − u keeps the logarithm away from 0.
    const normal = Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
    return p50 * Math.exp(spread * normal);
  }
}

/** σ of the lognormal distribution whose median is `p50` and whose 99th percentile is `p99`. */
export const spreadOf = (p50: number, p99: number): number => Math.log(p99 / p50) / z99;
