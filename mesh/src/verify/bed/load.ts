// Sends calls: so many at once, or so many per second come what may.
import { setTimeout as delay } from "node:timers/promises";
import type { CallResult } from "./client.ts";

/** Sends one call; `index` counts from 0. */
export type Send = (index: number) => Promise<CallResult>;

/** `total` calls, at most `concurrency` under way. Results are in the order of sending. */
export async function sendCalls(total: number, concurrency: number, send: Send): Promise<CallResult[]> {
  const results: CallResult[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let index = next++; index < total; index = next++) results[index] = await send(index);
  };
  await Promise.all(Array.from({ length: Math.min(total, concurrency) }, lane));
  return results;
}

/** Always `concurrency` calls under way until the time is over; waits for the last ones. */
export async function closedLoop(concurrency: number, lastsMs: number, send: Send): Promise<CallResult[]> {
  const end = performance.now() + lastsMs;
  const results: CallResult[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (performance.now() < end) results.push(await send(next++));
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
  return results;
}

/** A call every 1/perSecond until the time is over, answered or not; waits for the last ones. */
export async function openLoop(perSecond: number, lastsMs: number, send: Send): Promise<CallResult[]> {
  const start = performance.now();
  const total = Math.floor((perSecond * lastsMs) / 1000);
  const under: Promise<CallResult>[] = [];
  while (under.length < total) {
    const due = Math.min(total, Math.floor(((performance.now() - start) * perSecond) / 1000) + 1);
    while (under.length < due) under.push(send(under.length));
    if (under.length >= total) break;
    await delay(Math.max(0, start + (under.length * 1000) / perSecond - performance.now()));
  }
  return Promise.all(under);
}
