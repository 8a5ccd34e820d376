import { setTimeout as delay } from "node:timers/promises";
import type { EventRecord } from "../../port.ts";
import type { Appender } from "../appender.ts";

/** What writers did, and what they may expect of the log. */
export interface Writing {
  /** Texts `key/number` that were acknowledged. */
  readonly acknowledged: ReadonlySet<string>;
  /** How many of a key were acknowledged. */
  acknowledgedOf(key: string): number;
  /** Texts of calls that were refused at least once, and so may stand in the log repeatedly. */
  readonly refused: ReadonlySet<string>;
  readonly errors: readonly Error[];
  /** Longest time from the first attempt to append some records until they were acknowledged, in milliseconds. */
  longestMs(): number;
  /** Finishes what each writer is at. */
  stop(): Promise<void>;
}

const CALLS_AT_ONCE = 3;
/** Between the rounds of a writer: enough load for every fault to meet some, and no more. */
const PAUSE_MS = 10;

/**
 * Starts one writer per key. Each appends numbered records by several calls that do not wait for one another, and
 * repeats the calls that were refused, in their order, until they pass.
 */
export function startWriters(appender: Appender, topic: string, keys: readonly string[]): Writing {
  const acknowledged = new Set<string>();
  const refused = new Set<string>();
  const counts = new Map<string, number>();
  const errors: Error[] = [];
  let longestMs = 0;
  let stopping = false;

  const record = (key: string, text: string): EventRecord => ({
    topic,
    key,
    headers: { text },
    value: new TextEncoder().encode(text.padEnd(200)),
  });

  async function appendAll(key: string, calls: string[][]): Promise<void> {
    const started = performance.now();
    for (let left = calls; left.length > 0; ) {
      const results = await Promise.allSettled(
        left.map((texts) => appender.append(texts.map((text) => record(key, text)))),
      );
      const again: string[][] = [];
      for (const [index, result] of results.entries()) {
        const texts = left[index] ?? [];
        for (const text of texts) (result.status === "fulfilled" ? acknowledged : refused).add(text);
        if (result.status === "rejected") {
          again.push(texts);
          errors.push(result.reason as Error);
        }
      }
      left = again;
    }
    counts.set(key, (counts.get(key) ?? 0) + calls.flat().length);
    longestMs = Math.max(longestMs, performance.now() - started);
  }

  async function write(key: string): Promise<void> {
    for (let next = 0; !stopping; ) {
      const calls: string[][] = [];
      // Sizes differ, so that a sequence number given twice would show.
      for (let call = 0; call < CALLS_AT_ONCE; call += 1) {
        const size = 1 + ((next + call) % 4);
        calls.push(Array.from({ length: size }, () => `${key}/${next++}`));
      }
      await appendAll(key, calls);
      await delay(PAUSE_MS);
    }
  }

  const writers = Promise.all(keys.map(write));
  return {
    acknowledged,
    acknowledgedOf: (key) => counts.get(key) ?? 0,
    refused,
    errors,
    longestMs: () => longestMs,
    async stop() {
      stopping = true;
      await writers;
    },
  };
}
