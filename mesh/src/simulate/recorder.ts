// What happened when: counts per bucket of time, and every latency.
import { grown, grownWhole, whole } from "./cells.ts";

/** Width of a point of the series. */
export const bucketMs = 100;

/** One number per bucket of 100 ms; `offered` counts by the request's start, the others by when it happened. */
export interface Series {
  readonly bucketMs: number;
  readonly offered: readonly number[];
  readonly good: readonly number[];
  readonly tries: readonly number[];
  readonly failed: readonly number[];
  readonly refused: readonly number[];
  /** Of the requests that ended in the bucket; null where none did. */
  readonly p99: readonly (number | null)[];
  /** Ejected hosts, the mean of all client proxies, at the end of the bucket. */
  readonly hostsOut: readonly number[];
}

type Count = "offered" | "good" | "tries" | "failed" | "refused";

export class Recorder {
  #counts: Record<Count, Int32Array<ArrayBuffer>> = {
    offered: new Int32Array(1024),
    good: new Int32Array(1024),
    tries: new Int32Array(1024),
    failed: new Int32Array(1024),
    refused: new Int32Array(1024),
  };
  #latencies = new Float64Array(1024);
  /** How many latencies there were at the end of each bucket. */
  #ends = new Int32Array(1024);
  #out = new Float64Array(1024);
  /** The bucket of the last latency. */
  #current = 0;
  #lastOut = 0;
  ended = 0;

  count(what: Count, now: number): void {
    const bucket = this.#bucketOf(now);
    const counts = this.#counts[what];
    counts[bucket] = whole(counts, bucket) + 1;
  }

  /** Requests end in the order of time. */
  end(now: number, latencyMs: number): void {
    if (this.ended === this.#latencies.length) this.#latencies = grown(this.#latencies);
    this.#latencies[this.ended++] = latencyMs;
    const bucket = this.#bucketOf(now);
    while (this.#current < bucket) this.#ends[this.#current++] = this.ended - 1;
    this.#ends[bucket] = this.ended;
  }

  /** @param share ejected hosts, the mean of all proxies, from now on */
  hostsOut(now: number, share: number): void {
    const bucket = this.#bucketOf(now);
    this.#fillOut(bucket);
    this.#out[bucket] = share;
    this.#lastOut = share;
  }

  #outUntil = 0;
  #fillOut(bucket: number): void {
    while (this.#outUntil <= bucket) this.#out[this.#outUntil++] = this.#lastOut;
  }

  series(endMs: number): Series {
    const length = Math.max(1, Math.ceil(endMs / bucketMs));
    this.#bucketOf((length + 1) * bucketMs);
    this.#fillOut(length);
    const take = (what: Count): number[] => Array.from(this.#counts[what].subarray(0, length));
    const p99 = Array.from({ length }, (_, bucket) => {
      const from = bucket === 0 ? 0 : this.#endOf(bucket - 1);
      const latencies = this.#latencies.slice(from, this.#endOf(bucket)).sort();
      return latencies.length === 0 ? null : rank(latencies, 99);
    });
    return {
      bucketMs,
      offered: take("offered"),
      good: take("good"),
      tries: take("tries"),
      failed: take("failed"),
      refused: take("refused"),
      p99,
      hostsOut: Array.from(this.#out.subarray(0, length)),
    };
  }

  /** Of all requests, failed ones too, by nearest rank; zeros where there is nothing. */
  latencyMs(): { p50: number; p90: number; p99: number; max: number } {
    const sorted = this.#latencies.slice(0, this.ended).sort();
    return { p50: rank(sorted, 50), p90: rank(sorted, 90), p99: rank(sorted, 99), max: rank(sorted, 100) };
  }

  #endOf(bucket: number): number {
    return bucket > this.#current ? this.ended : whole(this.#ends, bucket);
  }

  #bucketOf(now: number): number {
    const bucket = Math.floor(now / bucketMs);
    while (bucket >= this.#ends.length) {
      this.#ends = grownWhole(this.#ends);
      this.#out = grown(this.#out);
      const { offered, good, tries, failed, refused } = this.#counts;
      this.#counts = {
        offered: grownWhole(offered),
        good: grownWhole(good),
        tries: grownWhole(tries),
        failed: grownWhole(failed),
        refused: grownWhole(refused),
      };
    }
    return bucket;
  }
}

const rank = (sorted: Float64Array, percent: number): number =>
  sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? 0;
