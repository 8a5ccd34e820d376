// Decisions of a test server: whether this call fails, and how long it takes. Seeded, so that a run can be repeated.

/** Asked once per call that arrives. */
export type Chance = () => boolean;

export const always: Chance = () => true;

/** Of every `n` calls the last one. */
export function everyNth(n: number): Chance {
  let calls = 0;
  return () => ++calls % n === 0;
}

/** @param percent 0 to 100 */
export function share(percent: number, random: () => number): Chance {
  return () => random() * 100 < percent;
}

/** Numbers from 0 up to 1, the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A time that a host takes: always the same, or lognormal by its median and its 99th percentile. */
export type Latency = number | { readonly p50: number; readonly p99: number };

/** The 99th percentile of the standard normal distribution. */
const Z99 = 2.326_347_874;

/** @returns a function that draws milliseconds */
export function drawLatency(latency: Latency, random: () => number): () => number {
  if (typeof latency === "number") return () => latency;
  const { p50, p99 } = latency;
  const sigma = Math.log(p99 / p50) / Z99;
  // Box and Muller's transform of two uniform numbers; 1 − u keeps the logarithm away from 0.
  return () => p50 * Math.exp(sigma * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()));
}
