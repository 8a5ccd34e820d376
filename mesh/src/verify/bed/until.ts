// Waits for a condition, not for a time.
import { setTimeout as delay } from "node:timers/promises";

const pauseMs = 10;

/** @returns whether the condition came true within the time */
export async function until(condition: () => boolean | Promise<boolean>, timeoutMs: number): Promise<boolean> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    if (await condition()) return true;
    if (performance.now() >= end) return false;
    await delay(pauseMs);
  }
}
